// The public types of modules. `tsc -p tsconfig.test.json` fails when one of them widens or changes.
import {
  Activation,
  Adam,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  fromBlueprint,
  Linear,
  loadStateDict,
  Module,
  MomentumSGD,
  PReLU,
  PRelu,
  Sequential,
  stateDict,
  Variable,
  type AnyModule,
  type Blueprint,
  type HookHandle,
  type LoadReport,
  type MemberOrder,
  type StateDict,
} from 'tessera-nn';
import { expectEqual, expectNone, type IsAny, type WidenedMembers } from './no-any.js';

// The checks themselves notice what they are for.
class Widened {
  fine(x: number): string {
    return String(x);
  }
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the check must notice
  *entries(): Iterable<[string, any]> {}
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the check must notice
  takes(_value: any): void {}
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the check must notice
  field: any;
}
expectEqual<WidenedMembers<Widened>, 'entries' | 'takes' | 'field'>();
expectEqual<IsAny<unknown>, false>();

expectNone<WidenedMembers<Module>>();
expectNone<WidenedMembers<Variable>>();
expectNone<WidenedMembers<Sequential>>();
expectNone<WidenedMembers<Linear>>();
expectNone<WidenedMembers<PRelu>>();
expectNone<WidenedMembers<Activation>>();
expectNone<WidenedMembers<BatchNorm2D>>();
expectNone<
  WidenedMembers<{ fromBlueprint: typeof fromBlueprint; load: typeof loadStateDict; state: typeof stateDict }>
>();

export function signatures(net: Linear, state: StateDict): void {
  const walk = { recursive: true, prefix: 'net', order: 'sorted' } as const;
  expectEqual<'definition' | 'sorted', MemberOrder>();
  const named = [...net.namedParameters(walk), ...net.namedBuffers(walk), ...net.namedTensors(walk)];
  expectEqual<typeof named, [string, Variable][]>();
  const bare = [...net.parameters(walk), ...net.buffers(walk), ...net.tensors(walk)];
  expectEqual<typeof bare, Variable[]>();
  const modules = [...net.namedModules(walk), ...net.namedChildren(walk)];
  expectEqual<typeof modules, [string, AnyModule][]>();
  const below = [...net.modules(walk), ...net.children(walk)];
  expectEqual<typeof below, AnyModule[]>();

  // What gives the module back keeps its class.
  const same = net.train().eval().trainMode().evalMode().freeze().unfreeze().zeroGrad().zeroGradParams();
  expectEqual<typeof same, Linear>();
  const still = same
    .apply(() => undefined)
    .calcMode('float32')
    .disableQuantize()
    .to({ dtype: 'float32' })
    .reset();
  expectEqual<typeof still, Linear>();
  const named2 = net
    .setVar('W', new Variable([1]))
    .setAttr('mean', [1])
    .updateParams(0.1);
  expectEqual<typeof named2, Linear>();

  const handle = net.registerForwardHook((module, input, output) => {
    expectEqual<[typeof module, typeof input, typeof output], [AnyModule, Variable, Variable]>();
    return output;
  });
  expectEqual<typeof handle, HookHandle>();
  net.registerBackwardHook((_, gradInput, gradOutput) => {
    expectEqual<[typeof gradInput, typeof gradOutput], [Variable | null, Variable]>();
  });
  // @ts-expect-error a hook is synchronous
  net.registerForwardPreHook(() => Promise.resolve(new Variable([1])));
  // @ts-expect-error a hook gives a Variable or nothing
  new Variable([1]).registerHook(() => 3);

  const there = net.stateDict();
  expectEqual<typeof there, Record<string, Variable>>();
  const here = net.stateDict({ to: 'cpu', prefix: 'net' });
  expectEqual<typeof here, Promise<StateDict>>();
  const report = net.loadStateDict(state, { strict: false });
  expectEqual<typeof report, LoadReport>();
  net.loadStateDict((path: string, variable: Variable) => (path === 'W' ? variable : null));
  // @ts-expect-error a state holds no texts
  net.loadStateDict({ W: 'text' });

  const rebuilt = fromBlueprint(net.getBlueprint(), [Linear, Sequential]);
  expectEqual<typeof rebuilt, Module>();
  expectEqual<ReturnType<Module['getBlueprint']>, Blueprint>();
  expectEqual<ReturnType<Module['summary']>, string>();
  expectEqual<ReturnType<Module['getVarTable']>, Map<Variable, string[]>>();

  // @ts-expect-error an order there is none of
  net.parameters({ order: 'random' });
  // @ts-expect-error float32 is the only type of parameters
  net.to({ dtype: 'float16' });
  // @ts-expect-error a unit there is none of
  net.paramSize('gb');
  // @ts-expect-error counts are numbers
  new PReLU({ numParameters: '3' });
  // @ts-expect-error a constraint there is none of
  new PReLU({ maps: 3, alphaConstraint: 'unit' });
  // @ts-expect-error an activation there is none of
  new Activation('swish');
}

export function argumentsOfCalls(): void {
  new Conv2D(1, 6, 5);
  new Conv2D(1, 6, 5, undefined, 2);
  new Conv2D(1, 6, 5, { pad: 2, useBias: false });
  new Conv2D(1, 6, 5, 2, { pad: 2 });
  new Conv2D({ inmaps: 1, outmaps: 6, size: 5 });
  new Activation('relu', { inplace: true });
  new Adam(1e-3, { beta1: 0.8 });
  new MomentumSGD({ momRate: 0.8 });
  new CrossEntropy(10, { weights: [1, 2] });
  // @ts-expect-error the filter has no size
  new Conv2D(1, 6, { pad: 2 });
  // @ts-expect-error an option there is none of
  new Conv2D(1, 6, 5, { padding: 2 });
  // @ts-expect-error a size is numbers
  new Conv2D(1, 6, '5');
  // @ts-expect-error nothing comes behind options
  new Conv2D(1, 6, 5, { pad: 2 }, 1);
}
