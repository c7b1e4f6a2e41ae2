import { useState } from 'preact/hooks';

interface TextFieldProps {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** What it is where nothing is written. */
  readonly preset?: string;
  /** Words to choose from. */
  readonly words?: readonly string[] | undefined;
  /** What is wrong with what is written. */
  readonly fault: string | undefined;
  readonly onText: (text: string) => void;
}

/** A line to write in, with what is wrong with it below. While somebody writes, it holds what was written. */
export function TextField({ id, name, label, value, preset, words, fault, onText }: TextFieldProps) {
  const [written, setWritten] = useState<string | undefined>(undefined);
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        autocomplete="off"
        spellcheck={false}
        value={written ?? value}
        placeholder={preset}
        list={words && `${id}-words`}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : `${id}-fault`}
        onInput={({ currentTarget }) => {
          setWritten(currentTarget.value);
          onText(currentTarget.value);
        }}
        onBlur={() => setWritten(undefined)}
      />
      {words && (
        <datalist id={`${id}-words`}>
          {words.map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
      {fault !== undefined && (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}
