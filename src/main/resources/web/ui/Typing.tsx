import React from "react";

/** Keeps its height when nobody types, so that nothing jumps. */
export function Typing({ label }: { label: string | null }): React.JSX.Element {
  return (
    <div className="typing" role="status" data-typing={label !== null}>
      {label !== null && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {label}
        </>
      )}
    </div>
  );
}
