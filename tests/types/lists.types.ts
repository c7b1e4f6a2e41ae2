// The public types of lists, graphs and what trains them. `tsc -p tsconfig.test.json` fails when one of them changes.
import {
  Add,
  Calculator,
  Concat,
  CrossEntropy,
  fromBlueprint,
  FunctionCost,
  Graph,
  Identity,
  Linear,
  load,
  MSE,
  Multi,
  Parallel,
  rebuildHdf5,
  Replicate,
  Sequential,
  Split,
  ToList,
  Trainer,
  Validator,
  type AnyModule,
  type Blueprint,
  type HostArray,
  type Module,
  type Node,
  type Optimizer,
  type Variable,
} from 'tessera-nn';
import { expectEqual, expectNone, type WidenedMembers } from './no-any.js';

expectNone<WidenedMembers<Add>>();
expectNone<WidenedMembers<Concat>>();
expectNone<WidenedMembers<Split>>();
expectNone<WidenedMembers<Replicate>>();
expectNone<WidenedMembers<ToList>>();
expectNone<WidenedMembers<Parallel>>();
expectNone<WidenedMembers<Graph>>();
expectNone<WidenedMembers<Node>>();
expectNone<WidenedMembers<Multi>>();
expectNone<WidenedMembers<FunctionCost>>();
expectNone<WidenedMembers<Trainer>>();
expectNone<WidenedMembers<Validator>>();
expectNone<WidenedMembers<Calculator>>();

type Row = readonly number[];

export function modulesOfLists(x: Variable, y: Variable): void {
  const joined = new Concat(1);
  expectEqual<typeof joined, Concat>();
  const both = joined.forward([x, y]);
  expectEqual<typeof both, Variable>();
  expectEqual<typeof joined.grad, readonly (Variable | null)[] | null>();
  expectEqual<typeof joined.inData, readonly Variable[] | null>();
  joined.backward([[1, 2]]);
  const joinedShape = joined.dataShapeFrom([[2, 3], [2, 5]]); // prettier-ignore
  expectEqual<typeof joinedShape, number[]>();
  // @ts-expect-error a list of shapes, not one
  joined.dataShapeFrom([2, 3]);
  // @ts-expect-error Concat takes a list
  joined.forward(x);
  // @ts-expect-error the gradient of one output is no list
  joined.backward([x, y]);

  const cut = new Split(1, [2, 3]);
  const pieces = cut.forward(x);
  expectEqual<typeof pieces, readonly Variable[]>();
  expectEqual<typeof cut.grad, Variable | null>();
  cut.backward([x, y]);
  const cutShapes = cut.dataShapeFrom([2, 5]);
  expectEqual<typeof cutShapes, number[][]>();
  // @ts-expect-error Split takes one Variable
  cut.forward([x, y]);
  // @ts-expect-error Linear takes one Variable
  new Linear(2, 2).forward([x]);

  cut.registerForwardHook((module, input, output) => {
    expectEqual<[typeof module, typeof input, typeof output], [AnyModule, Variable, readonly Variable[]]>();
  });
  joined.registerBackwardHook((_, gradInput, gradOutput) => {
    expectEqual<[typeof gradInput, typeof gradOutput], [readonly (Variable | null)[], Variable]>();
  });
}

export function containers(x: Variable, y: Variable): void {
  const plain = new Sequential([new Linear(2, 2), new Identity()]);
  expectEqual<ReturnType<typeof plain.forward>, Variable>();
  const opens = new Sequential<Variable, readonly Variable[]>([new Linear(2, 4), new Split(1, [2, 2])]);
  expectEqual<ReturnType<typeof opens.forward>, readonly Variable[]>();
  expectEqual<ReturnType<typeof opens.dataShapeFrom>, readonly number[][]>();
  const closes = new Sequential<readonly Variable[], Variable>([new Add(), new Linear(2, 4)]);
  expectEqual<ReturnType<typeof closes.forward>, Variable>();
  expectEqual<Parameters<typeof closes.summary>, [readonly Row[]]>();
  // @ts-expect-error it takes a list
  closes.forward(x);

  const branches = new Parallel([new Linear(2, 2), new Identity()]);
  expectEqual<ReturnType<typeof branches.forward>, readonly Variable[]>();
  expectEqual<typeof branches.grad, readonly (Variable | null)[] | null>();
  branches.forward([x, y]);
  const nested = new Parallel<readonly [Variable, readonly Variable[]], readonly Variable[]>();
  nested.forward([x, [x, y]]);

  // What lies inside is a module of one Variable, unless one says otherwise.
  const unsaid = plain.at(0);
  expectEqual<typeof unsaid, Module>();
  const linear = plain.at<Linear>(0);
  expectEqual<typeof linear, Linear>();
  const split = opens.at<Split>(-1);
  expectEqual<typeof split, Split>();
  const found = branches.getByName<Concat>('join');
  expectEqual<typeof found, Concat | undefined>();
  const all = branches.getAllByType(Split);
  expectEqual<typeof all, Split[]>();
  // @ts-expect-error a number is no module
  plain.at<number>(0);
}

export function graphs(x: Variable, y: Variable): void {
  const [left, right] = [new Linear(2, 2).node(), new Linear(3, 2).node()];
  expectEqual<typeof left, Node<Variable, Variable>>();
  const pieces = new Split(1, [1, 1]).node(left);
  expectEqual<typeof pieces, Node<Variable, readonly Variable[]>>();
  const sum = new Add().node(left, right, [pieces, 0]);
  expectEqual<typeof sum, Node<readonly Variable[], Variable>>();

  const single = new Graph({ inputs: left, outputs: new Linear(2, 1).node(left) });
  const one = single.forward(x);
  expectEqual<typeof one, Variable>();
  expectEqual<typeof single.grad, Variable | null>();

  // Lists of nodes are tuples: each input and each output has the type of its node.
  const several = new Graph({ inputs: [left, right], outputs: [sum, pieces] });
  const outputs = several.forward([x, y]);
  expectEqual<typeof outputs, readonly [Variable, readonly Variable[]]>();
  const [first, [second]] = outputs;
  expectEqual<[typeof first, typeof second], [Variable, Variable | undefined]>();
  several.backward([x, [x, y]]);
  expectEqual<Parameters<typeof several.summary>, [readonly [Row, Row]]>();
  // @ts-expect-error it takes a list
  several.forward(x);
  // @ts-expect-error it takes two
  several.forward([x]);
  // @ts-expect-error it takes two
  several.forward([x, x, x]);
  // @ts-expect-error it gives two
  several.backward([x]);

  // @ts-expect-error a module is no node
  new Graph({ inputs: left, outputs: new Linear(2, 1) });
  // @ts-expect-error slots are numbers
  new Add().node([pieces, 'first']);
}

export async function files(bytes: Uint8Array, blueprint: Blueprint): Promise<void> {
  const unsaid = await load(bytes);
  expectEqual<typeof unsaid, Module>();
  const loaded = await load<Graph>(bytes);
  expectEqual<typeof loaded, Graph>();
  const read = await rebuildHdf5<Parallel>(bytes);
  expectEqual<typeof read, Parallel>();
  const built = fromBlueprint<Sequential<Variable, readonly Variable[]>>(blueprint, [Linear, Split, Sequential]);
  expectEqual<ReturnType<typeof built.forward>, readonly Variable[]>();
  // @ts-expect-error a file holds a module
  await load<string>(bytes);
}

export async function handlers(x: Variable, optimizer: Optimizer): Promise<void> {
  const input = new Linear(2, 2).node();
  const net = new Graph({ inputs: [input], outputs: [input, new Linear(2, 3).node(input)] });
  const plain = new Linear(2, 2);

  const single = new Trainer(plain, new MSE(), optimizer);
  expectEqual<typeof single, Trainer>();
  const mean = await single.train(x, x);
  expectEqual<typeof mean, number>();
  expectEqual<typeof single.module, Module>();

  const cost = new Multi([new MSE(), new CrossEntropy()]);
  const trainer = new Trainer(net, cost, optimizer);
  const means = await trainer.train([x], [x, x]);
  expectEqual<typeof means, readonly [number, number]>();
  for await (const step of trainer.run([x], [x, x])) expectEqual<ReturnType<typeof step.loss>, Promise<number>>();
  const errors = await new Validator(net, cost).validate([x], [x, x]);
  expectEqual<typeof errors, readonly [number, number]>();
  const error = await new Validator(plain, new CrossEntropy()).validate(x, x);
  expectEqual<typeof error, number>();

  const apart = new FunctionCost(([first, second]: readonly Variable[], target: Variable) =>
    first!.sub(target).add(second!.mean()).mean(),
  );
  const distance = await new Trainer(net, apart, optimizer).train([x], x);
  expectEqual<typeof distance, number>();

  const values = await new Calculator(plain).calcFromHost(x);
  expectEqual<typeof values, HostArray>();
  const lists = await new Calculator(net).calcFromHost([x]);
  expectEqual<typeof lists, readonly [HostArray, HostArray]>();
  const results = await new Calculator(net).calc([x]);
  expectEqual<typeof results, readonly [Variable, Variable]>();

  // @ts-expect-error one cost for two outputs
  new Trainer(net, new MSE(), optimizer);
  // @ts-expect-error two costs for one output
  new Trainer(plain, cost, optimizer);
  // @ts-expect-error a text is no data
  await trainer.train(['x'], [x, x]);
}
