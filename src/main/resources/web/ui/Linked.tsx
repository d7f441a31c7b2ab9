import React from "react";

/** Of brackets in an address those that are closed belong to it, as in `…/Foo_(bar)`; one that closes what was opened before it does not. */
const URL_PATTERN = /(https?:\/\/(?:[^\s<>"'()]|\([^\s<>"'()]*\))*(?:[^\s<>"'.,;:!?()\]}]|\([^\s<>"'()]*\)))/g;

/** Text as text; web addresses in it can be followed. */
export function Linked({ text }: { text: string }): React.JSX.Element {
  return (
    <>
      {text.split(URL_PATTERN).map((part, index) =>
        index % 2 === 1 ? (
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  );
}
