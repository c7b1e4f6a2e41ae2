// The program of the worker: it trains, and answers what the page asks.
import { serveTrainer } from 'tessera-nn';
import { callsOf } from './calls.js';
import { startSession, type Start } from './session.js';

serveTrainer(async (start: Start) => {
  const session = await startSession(start);
  const { trainer, data } = session;
  return { trainer, data: { train: data.train, unseen: data.unseen }, calls: callsOf(session) };
});
