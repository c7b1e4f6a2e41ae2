// Firefox, which draws with Mesa's llvmpipe. It has no WebGL without a display.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, missingOf, openUnderXvfb } from './under-xvfb.mjs';

const program = () => findProgram('firefox-esr', 'firefox');

const PREFERENCES = {
  'webgl.force-enabled': true,
  'webgl.disable-fail-if-major-performance-caveat': true,
  'gfx.x11-egl.force-enabled': true,
  'dom.testing.testutils.enabled': true, // TestUtils.gc
  'dom.max_script_run_time': 0,
  'security.sandbox.content.level': 0, // containers often forbid it
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
};

function argumentsFor(profile, url) {
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${value});`);
  writeFileSync(path.join(profile, 'user.js'), lines.join('\n'));
  return ['--no-remote', '--profile', profile, url];
}

export const firefox = {
  title: 'Firefox on Mesa',
  missing: () => missingOf('Firefox', program()),
  open: (url) => openUnderXvfb(program(), (profile) => argumentsFor(profile, url), { MOZ_CRASHREPORTER_DISABLE: '1' }),
};
