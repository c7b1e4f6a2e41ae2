/**
 * What torchvision calls the parameters of these networks, for `loadWeights(net, file, { map: torchvisionNames.resNet })`:
 * functions from its names to ours. Those of `vgg11` and `vgg16` are the same, and need none.
 */
export const torchvisionNames = {
  /** Of `resnet18` and `resnet50`. */
  resNet: (name: string): string =>
    name.replace(/^(layer\d\.\d+)\.(conv|bn)/, '$1.body.$2').replace('downsample', 'shortcut'),

  /** Of `densenet121`. */
  denseNet: (name: string): string => name.replace(/(denselayer\d+)\./, '$1.branches.more.'),

  /** Of `squeezenet1_1`. */
  squeezeNet: (name: string): string => name.replace('.expand', '.expand.branches.expand'),

  /** Of `shufflenet_v2_x1_0`. */
  shuffleNet: (name: string): string => name.replace('.branch', '.branches.branch'),

  /** Of `mobilenet_v2`. */
  mobileNetV2: (name: string): string =>
    name.replace(/^features\.(\d+)\.(?:conv\.)?(.*)$/, (_, block: string, rest: string) => {
      const inBlock = /^(\d)\.(\d)\.(.*)$/.exec(rest);
      const part = (index: string) => (index === '0' ? 'conv' : 'norm');
      if (block === '0' || block === '18') return rest.replace(/^\d/, part).replace(/^/, `features.${block}.`);
      if (inBlock) {
        const [, step, index, end] = inBlock as unknown as [string, string, string, string];
        return `features.${block}.${block === '1' || step === '1' ? 'filter' : 'expand'}.${part(index)}.${end}`;
      }
      const [step, end] = [rest.slice(0, 1), rest.slice(2)];
      return `features.${block}.project.${step === (block === '1' ? '1' : '2') ? 'conv' : 'norm'}.${end}`;
    }),
} as const;
