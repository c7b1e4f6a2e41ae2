import type { SentPicture } from '../worker/looks.js';

/** A picture that the framework made; one that is wider than the page can be scrolled, with the keyboard too. */
export function Shown({ title, svg }: SentPicture) {
  return <div class="shown" role="group" tabIndex={0} aria-label={title} dangerouslySetInnerHTML={{ __html: svg }} />;
}
