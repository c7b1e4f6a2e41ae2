interface TabsProps<Name extends string> {
  readonly label: string;
  /** What stands on each tab, by its name. */
  readonly names: Readonly<Record<Name, string>>;
  readonly chosen: Name;
  /** The id of what they switch. */
  readonly panel: string;
  readonly onChoose: (name: Name) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

/** Tabs after the pattern of WAI-ARIA: one of them is reached by Tab, the others from there by arrows. */
export function Tabs<Name extends string>({ label, names, chosen, panel, onChoose }: TabsProps<Name>) {
  const all = Object.keys(names) as Name[];
  const choose = (name: Name) => {
    onChoose(name);
    document.getElementById(`${panel}-${name}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(all.at((all.indexOf(chosen) + step) % all.length)!);
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {all.map((name) => (
        <button
          key={name}
          id={`${panel}-${name}`}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          aria-controls={panel}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => choose(name)}
        >
          {names[name]}
        </button>
      ))}
    </div>
  );
}
