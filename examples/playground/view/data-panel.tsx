import { dataKinds, type DataName } from '../data/data-kinds.js';
import type { Part } from './app.js';
import { NumberField } from './number-field.js';

/** What is learned from. */
export function DataPanel({ playground }: Part) {
  const { setup, data, files, classes } = playground;
  const asked = data.value.files;
  return (
    <section class="panel" aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      <div class="fields">
        <label>
          Learn from
          <select
            name="data"
            value={setup.value.data}
            onChange={({ currentTarget }) => playground.choose(currentTarget.value as DataName)}
          >
            {Object.entries(dataKinds).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {!asked && <NumberField playground={playground} name="count" />}
      </div>
      {asked && (
        <label
          class="drop"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            playground.chooseFiles([...(event.dataTransfer?.files ?? [])]);
          }}
        >
          <span>{asked.several ? 'Choose or drop the images' : 'Choose or drop the file'}</span>
          <input
            type="file"
            name="files"
            accept={asked.accept}
            multiple={asked.several}
            aria-describedby="files-help"
            onChange={({ currentTarget }) => playground.chooseFiles([...(currentTarget.files ?? [])])}
          />
        </label>
      )}
      {asked && (
        <p class="quiet" id="files-help">
          {asked.ask}
        </p>
      )}
      <p class="quiet">
        {`Each sample is [${data.value.shape.join(', ')}]: maps, height, width. `}
        {classes.value.length > 0
          ? `${classes.value.length} classes: ${shortList(classes.value)}.`
          : `${files.value.length} files: no classes yet.`}
      </p>
    </section>
  );
}

const MOST_NAMES = 10;
const shortList = (names: readonly string[]) =>
  names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ' …' : '');
