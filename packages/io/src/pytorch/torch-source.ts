import { Parallel, Sequential } from '@tessera-nn/containers';
import { Module, type AnyModule } from '@tessera-nn/core';
import { Add, Concat, ConvBNAct, InvertedResidual, Replicate, Residual } from '@tessera-nn/modules';
import { join } from '../network/names.js';
import { Problems } from '../network/problems.js';
import { call, indented, ordered, python } from './python-text.js';
import { torchModule } from './torch-modules.js';

/** What PyTorch has no module for, in a few lines each; parts have the names that they have here. */
const classes = {
  Residual: `\
class Residual(nn.Module):
    def __init__(self, body, shortcut=None, activation=None):
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x):
        y = self.body(x) + (x if self.shortcut is None else self.shortcut(x))
        return y if self.activation is None else self.activation(y)
`,
  Around: `\
class Around(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)
`,
  Replicate: `\
class Replicate(nn.Module):
    def __init__(self, times):
        super().__init__()
        self.times = times

    def forward(self, x):
        return [x] * self.times
`,
  Parallel: `\
class Parallel(nn.ModuleDict):
    def forward(self, inputs):
        return [part(x) for part, x in zip(self.values(), inputs)]
`,
  Concat: `\
class Concat(nn.Module):
    def __init__(self, axis):
        super().__init__()
        self.axis = axis

    def forward(self, inputs):
        return torch.cat(inputs, self.axis)
`,
  Add: `\
class Add(nn.Module):
    def forward(self, inputs):
        return sum(inputs[1:], inputs[0])
`,
};

/** Writes a network as a module of Python. */
export class TorchSource {
  readonly problems = new Problems();
  readonly #used = new Set<keyof typeof classes>();

  /** The whole text, with a function that makes the network. */
  textOf(net: AnyModule): string {
    const made = indented(this.#expression(net, ''));
    const helpers = [...this.#used].map((name) => `${classes[name]}\n\n`).join('');
    return `from collections import OrderedDict

import torch
from torch import nn


${helpers}def make():
    return ${made}
`;
  }

  #expression(module: AnyModule, path: string): string {
    if (module instanceof Sequential) return ordered('nn.Sequential', this.#parts(module, path));
    if (module instanceof Parallel) return ordered(this.#use('Parallel'), this.#parts(module, path));
    if (module instanceof ConvBNAct) return ordered('nn.Sequential', this.#parts(module, path));
    if (module instanceof InvertedResidual) {
      return ordered(module.keepsShape ? this.#use('Around') : 'nn.Sequential', this.#parts(module, path));
    }
    if (module instanceof Residual) return this.#residual(module, path);
    if (module instanceof Replicate) return call(this.#use('Replicate'), [module.times]);
    if (module instanceof Concat) return call(this.#use('Concat'), [module.axis]);
    if (module instanceof Add) return call(this.#use('Add'), []);
    const written = torchModule(module);
    if (typeof written === 'string') return written;
    this.problems.add(() => `"${path}" ${written.problem}`);
    return 'None';
  }

  #residual(module: Residual, path: string): string {
    const parts = this.#parts(module, path).map(([name, text]) => `    ${name}=${indented(text)},\n`);
    return `${this.#use('Residual')}(\n${parts.join('')})`;
  }

  #parts(module: AnyModule, path: string): [string, string][] {
    return [...module.members()].flatMap(([name, part]): [string, string][] => {
      if (!(part instanceof Module)) return [];
      const at = join(path, name);
      if (name.includes('.')) this.problems.add(() => `${python(at)} has a dot in its name`);
      return [[name, this.#expression(part, at)]];
    });
  }

  #use(name: keyof typeof classes): string {
    this.#used.add(name);
    return name;
  }
}
