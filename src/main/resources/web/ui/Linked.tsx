import React from "react";

const URL_PATTERN = /(https?:\/\/[^\s<>"']+)/g;
const CLOSING: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Text as text; web addresses in it can be followed. */
export function Linked({ text }: { text: string }): React.JSX.Element {
  return (
    <>
      {text.split(URL_PATTERN).map((part, index) => {
        const end = index % 2 === 1 ? addressEnd(part) : 0;
        return (
          <React.Fragment key={index}>
            {end > 0 && (
              <a href={part.slice(0, end)} target="_blank" rel="noopener noreferrer nofollow">
                {part.slice(0, end)}
              </a>
            )}
            {part.slice(end)}
          </React.Fragment>
        );
      })}
    </>
  );
}

/** Where an address ends that a sentence may go on behind: before its punctuation, and before a bracket that was opened outside of it. */
function addressEnd(part: string): number {
  let end = part.length;
  const surplus = new Map(Object.entries(CLOSING).map(([closing, opening]) => [closing, count(part, closing) - count(part, opening)]));
  while (end > 0) {
    const last = part[end - 1]!;
    const more = surplus.get(last);
    if (more === undefined ? !".,;:!?".includes(last) : more <= 0) break;
    if (more !== undefined) surplus.set(last, more - 1);
    end--;
  }
  return /:\/\/./.test(part.slice(0, end)) ? end : 0;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
