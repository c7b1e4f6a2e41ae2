// The pages of the activations, one for each section of docs/activations.md: what stands there, the formulas as mathematics, a
// plot that answers to sliders, and what the function prints, returns at places of interest and is called elsewhere.
import katex from 'katex';
import { parse } from 'mathjs';
import * as tessera from 'tessera-nn';

const { Activation, startBackend, Variable } = tessera;

/** A section: the kind that it is about, and what it says. */
const SECTION = /^## (\w+)\n\n(.*?)(?=^## |(?![^]))/gms;
const FORMULA = /(?:^|\s)(y|dy\/dx) = `([^`]+)`/g;
/** What it takes besides x, as it is printed. */
const ARGUMENT = /(\w+)=(-?[\d.]+)/g;
const PLACES = [-Infinity, -2, -0.5, 0, 0.5, 2, Infinity, NaN];

/** @returns the pages by their place in the site, and the overview with a link to each */
export async function activationPages(overview) {
  await startBackend('cpu');
  const pages = new Map();
  for (const [section, kind, text] of overview.matchAll(SECTION)) {
    if (!text.includes(`/plots/${kind}.svg`)) continue; // PRelu, a module of its own
    pages.set(`activations/${kind}.md`, await pageOf(kind, text));
    overview = overview.replace(section, section.replace(/^!\[.*$/m, `$&\n\n[${kind}, live](/activations/${kind})`));
  }
  return { pages, overview };
}

async function pageOf(kind, text) {
  const formulas = [...text.matchAll(FORMULA)].map(([, left, right]) => mathematics(left, right));
  const [, rest] = text.split(/^!\[.*\n/m);
  const printed = String(new Activation(kind));
  const args = Object.fromEntries([...printed.matchAll(ARGUMENT)].map(([, name, preset]) => [name, Number(preset)]));
  const classes = Object.keys(tessera).filter((name) => {
    return tessera[name].prototype instanceof Activation && new tessera[name]().activation === kind;
  });
  return `# ${kind}

<div v-pre class="formulas">${formulas.join('\n')}</div>

<ActivationPlot kind="${kind}" :presets='${JSON.stringify(args)}' />

${rest.trim()}

## In code

\`\`\`ts
new Activation('${kind}'); // ${printed}
${classes.map((name) => `new ${name}(); // the same, by the name of PyTorch's class\n`).join('')}\`\`\`

## At places of interest

${await figures(kind)}

[All activations](/activations)
`;
}

/** A formula in the notation of JavaScript as MathML, which needs neither scripts nor fonts. */
function mathematics(left, right) {
  const tex = parse(
    right.replaceAll('**', '^').replaceAll('===', '==').replaceAll('&&', ' and ').replaceAll('PI', 'pi'),
  ).toTex({ parenthesis: 'auto', handler: termOf });
  const derivative = '\\frac{\\mathrm{d}y}{\\mathrm{d}x}';
  const written = tex.replaceAll('\\cdot', '\\,');
  return katex.renderToString(`${left === 'y' ? 'y' : derivative} = ${written}`, {
    output: 'mathml',
    displayMode: true,
  });
}

/** What mathematics writes in another way than mathjs does. */
function termOf(node, options) {
  if (node.isConditionalNode) {
    const cases = casesOf(node).map(([value, condition]) => {
      return `${value.toTex(options)} & ${condition ? `\\text{if } ${condition.toTex(options)}` : '\\text{else}'}`;
    });
    return `\\begin{cases}${cases.join('\\\\')}\\end{cases}`;
  }
  if (node.fn?.name === 'exp') return ` e^{${node.args[0].toTex(options)}}`;
  if (node.fn?.name === 'erf') return ` \\operatorname{erf}\\left(${node.args[0].toTex(options)}\\right)`;
  if (node.isSymbolNode && node.name.length > 2 && node.name !== 'lambda' && node.name !== 'alpha')
    return ` \\mathit{${node.name}}`;
  return undefined;
}

/** Each value with its condition; the last one has none. */
const casesOf = (node) =>
  node.isConditionalNode ? [[node.trueExpr, node.condition], ...casesOf(node.falseExpr)] : [[node]];

/** A table of values and slopes, as the module computes them. */
async function figures(kind) {
  const x = new Variable(PLACES, { requiresGrad: true });
  const y = new Activation(kind).forward(x);
  y.backward(PLACES.map(() => 1));
  const slopes = await x.grad.data();
  const values = await y.values();
  const rows = PLACES.map((place, i) => [place, values[i], slopes[i]].map(figure));
  return [['x', 'y', 'dy/dx'], ['--:', '--:', '--:'], ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const figure = (value) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value).replace('Infinity', '∞');
