import React, { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Keep, MAX_CONTENT, contentLength } from "../client";
import { SendIcon } from "./icons";

/** How near to the limit the count appears. */
const NEAR = 500;

const keep = new Keep(() => sessionStorage);

/** Of this page alone: the other one may be open in the same tab later, as somebody else. */
const DRAFTS = `drafts ${window.location.pathname}`;

/** What was begun and not sent, by conversation, as long as the tab is open. */
const drafts = new Map(Object.entries(keep.read<Record<string, string>>(DRAFTS) ?? {}));

function keepDraft(draft: string, text: string): void {
  if (text === (drafts.get(draft) ?? "")) return;
  if (text === "") drafts.delete(draft);
  else drafts.set(draft, text);
  keep.write(DRAFTS, Object.fromEntries(drafts));
}

interface Props {
  /** Which draft this is: the conversation's id. */
  draft: string;
  placeholder: string;
  onSend(content: string): void;
  onTyping?(): void;
  onEscape?(): void;
  /** Where the cursor stands at first. Not on a phone: its keyboard would cover what one came to read. */
  focus?: boolean;
}

const TOUCH = window.matchMedia("(pointer: coarse)");

/** Somebody wrote in a composer that is just being taken away: the one that takes its place, if any, is where they go on. */
let takenFromWriter = false;

export function Composer({ draft, placeholder, onSend, onTyping, onEscape, focus }: Props): React.JSX.Element {
  const [text, setText] = useState(() => drafts.get(draft) ?? "");
  const area = useRef<HTMLTextAreaElement>(null);
  const length = text.length > MAX_CONTENT - NEAR ? contentLength(text) : text.length;
  const over = length > MAX_CONTENT;
  const ready = text.trim() !== "" && !over;

  useEffect(() => keepDraft(draft, text), [draft, text]);

  useLayoutEffect(() => {
    const element = area.current!;
    const form = element.form!;
    // measured in a form that keeps its height: the log above would be scrolled for as long as it is lower
    form.style.minHeight = `${form.offsetHeight}px`;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
    form.style.minHeight = "";
  }, [text]);

  useLayoutEffect(() => {
    const element = area.current!;
    if (focus && (!TOUCH.matches || takenFromWriter)) element.focus();
    return () => {
      takenFromWriter = document.activeElement === element;
      queueMicrotask(() => (takenFromWriter = false));
    };
  }, [focus]);

  function submit(): void {
    if (!ready) return;
    keepDraft(draft, ""); // what is sent may take this composer away before it is drawn again
    onSend(text.trim());
    setText("");
    area.current?.focus();
  }

  function keyDown(event: React.KeyboardEvent): void {
    // a key of an input method: Enter takes a candidate and Escape drops it. WebKit ends the composition before it tells of the key, whose code is 229
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") onEscape?.();
    // a screen's keyboard has no other key for a new line, and the button beside it sends
    const sends = !TOUCH.matches || event.ctrlKey || event.metaKey;
    if (event.key !== "Enter" || event.shiftKey || !sends) return;
    event.preventDefault();
    submit();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="composer-field">
        <textarea
          dir="auto"
          ref={area}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label="Message"
          aria-describedby={TOUCH.matches ? undefined : "composer-hint"}
          aria-invalid={over}
          enterKeyHint={TOUCH.matches ? "enter" : "send"}
          onKeyDown={keyDown}
          onChange={(event) => {
            setText(event.target.value);
            if (event.target.value !== "") onTyping?.();
          }}
        />
        <button type="submit" className="send" aria-label="Send" disabled={!ready}>
          <SendIcon />
        </button>
      </div>
      <div className="composer-foot">
        <span id="composer-hint" className="composer-hint">
          <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> begins a new line
        </span>
        {length > MAX_CONTENT - NEAR && (
          <span className="composer-count" data-over={over} role="status">
            {over
              ? `${characters(length - MAX_CONTENT)} too many`
              : `${characters(MAX_CONTENT - length)} left`}
          </span>
        )}
      </div>
    </form>
  );
}

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count.toLocaleString()} characters`;
}
