import { element } from './dom.js';
import type { History, SentView } from './history.js';

/** A part of the page: words that are new with each look, and pictures, which may wait. */
export interface Panel {
  readonly node: HTMLElement;
  say(view: SentView): void;
  draw(history: History): void;
}

/** What is in a panel. */
export interface Content {
  readonly node: HTMLElement;
  say?(view: SentView): void;
  draw?(history: History): void;
}

/** A panel with its heading; the note says what it is, for those who do not know yet. */
export function panel(
  title: string,
  note: string,
  className: string,
  ...contents: readonly Content[]
): Panel {
  const heading = element('h2', '', title, element('small', '', note));
  heading.id = `panel-${title.replaceAll(' ', '-')}`;
  const node = element('section', className, heading, ...contents.map((content) => content.node));
  node.setAttribute('aria-labelledby', heading.id);
  return {
    node,
    say: (view) => {
      for (const content of contents) content.say?.(view);
    },
    draw: (history) => {
      for (const content of contents) content.draw?.(history);
    },
  };
}
