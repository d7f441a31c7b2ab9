import React, { useState } from "react";
import { useParley } from "../client";
import { Composer } from "../ui/Composer";
import { Logo } from "../ui/icons";
import type { Begun } from "./begun";
import { Earlier } from "./Earlier";

const NAME = "name";

interface Props {
  /** Those that one can go back to. */
  earlier: readonly Begun[];
  onBegin(first: string, name: string): void;
  onOpen(id: string): void;
  onGone(id: string): void;
}

export function Start({ earlier, onBegin, onOpen, onGone }: Props): React.JSX.Element {
  const { keep } = useParley();
  const [name, setName] = useState(() => keep.read<string>(NAME) ?? "");

  return (
    <main className="card start">
      <div className="start-welcome">
        <Logo size={56} />
        <h1>How can we help?</h1>
        <p>Write to us below. Answers appear here as they are written, and this page remembers your conversations.</p>
        {earlier.length > 0 && <Earlier conversations={earlier} onOpen={onOpen} onGone={onGone} />}
      </div>
      <div className="start-form">
        <label className="field">
          <span>
            Your name <em>optional</em>
          </span>
          <input
            dir="auto"
            value={name}
            maxLength={80}
            autoComplete="name"
            onChange={(event) => setName(event.target.value)}
            onBlur={() => keep.write(NAME, name.trim())}
          />
        </label>
        <Composer
          draft="start"
          placeholder="Write your message…"
          focus
          onSend={(first) => {
            keep.write(NAME, name.trim());
            onBegin(first, name.trim());
          }}
        />
      </div>
    </main>
  );
}
