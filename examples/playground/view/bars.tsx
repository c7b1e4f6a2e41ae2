interface BarsProps {
  readonly caption: string;
  readonly rows: readonly { readonly name: string; readonly share: number; readonly text: string }[];
  /** The number of the row that stands out. */
  readonly best?: number | undefined;
}

/** Numbers with their bars, as a table. */
export function Bars({ caption, rows, best }: BarsProps) {
  return (
    <table class="bars">
      <caption class="unseen">{caption}</caption>
      <tbody>
        {rows.map(({ name, share, text }, i) => (
          <tr key={i} class={i === best ? 'best' : ''} data-share={share}>
            <th scope="row">{name}</th>
            <td>
              <div class="bar" style={{ '--share': share.toFixed(4) }} />
            </td>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
