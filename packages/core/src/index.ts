export {
  AutogradError,
  currentBackend,
  BackendError,
  ContainerError,
  CostError,
  DataError,
  DtypeError,
  ModuleError,
  OptimizerError,
  ReleasedError,
  ShapeError,
  TesseraError,
  ValueError,
  nearestName,
  type ErrorDetails,
  type Shapes,
} from '@tessera-nn/kernels';
export {
  option,
  optionsOf,
  type Arguments,
  type Given,
  type Option,
  type Options,
  type Pair,
  type SecondName,
  type Values,
} from '@tessera-nn/kernels';
export { RandomStream, randomStream, seed, type RandomState } from './random.js';
export { channelAxis, type Layout } from './layout.js';
export { detectAnomaly } from './autograd/anomaly.js';
export type { BackwardOptions } from './autograd/backward-options.js';
export {
  grad,
  jvp,
  valueAndGrad,
  vjp,
  type DifferentiableFunction,
  type FunctionalOptions,
} from './autograd/functional.js';
export * from './autograd/gradients.js';
export * from './autograd/jacobian.js';
export { isRecording, noGrad, stopGradient } from './autograd/grad-mode.js';
export {
  defineListOp,
  type BackwardContext,
  type ForwardContext,
  type Gradient,
  type ListLayout,
  type ListOp,
  type ListOpDefinition,
} from './autograd/list-op.js';
export { defineOp, type LayoutRule, type Op, type OpDefinition } from './autograd/op.js';
export * from './bridge/as-custom-grad.js';
export * from './bridge/from-tf.js';
export * from './memory/ledger.js';
export * from './memory/scope.js';
export { liveStorages, type Storage } from './memory/storage.js';
export * from './ops/index.js';
export { formatInConsole } from './console-formatter.js';
export * from './printing.js';
export * from './profile/profile.js';
export * from './profile/report.js';
export type { Dtype, HostData, NestedNumbers, NumberArray, TypedNumbers } from './variable/array-data.js';
export * from './variable/making.js';
export * from './variable/parameter.js';
export type { VariableOptions, VariableSource } from './variable/read-source.js';
export * from './variable/variable.js';
export * from './checkpoint/checkpoint.js';
export type { CheckpointedFunction } from './checkpoint/recompute.js';
export * from './grad-check/grad-check.js';
export * from './grad-check/report.js';
export {
  initialise,
  initscheme,
  type FactorType,
  type Fans,
  type InitOptions,
  type InitScheme,
  type InitSchemeName,
} from './initialise/scheme.js';
export type { HookHandle } from './hooks.js';
export type { GradHook } from './autograd/grad-hooks.js';
export * from './module/blueprint.js';
export type { Data, GradOf, ShapeOf, Source, SourceOf } from './module/data.js';
export { loadStateDict, type LoadReport, type LoadStateOptions, type StateReader } from './module/load-state.js';
export type { MemberOrder, Fields } from './module/members.js';
export type { BackwardHook, ForwardHook, ForwardPreHook } from './module/call-hooks.js';
export type { Member, WalkOptions } from './module/module-tree.js';
export { named, type ModuleBackwardOptions, type ModuleOptions } from './module/module-options.js';
export * from './module/module.js';
export * from './module/node.js';
export type { NodeInfo, Summable } from './node-info.js';
export {
  stateDict,
  type StateDict,
  type StateDictOptions,
  type StateEntry,
  type StateSource,
  type VariableDict,
} from './module/state-dict.js';
