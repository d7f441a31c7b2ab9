import React, { useEffect, useRef } from "react";
import { useConversations } from "../client";
import { Logo } from "../ui/icons";
import { ActiveConversation } from "./ActiveConversation";
import { ConversationList } from "./ConversationList";
import { useHash } from "./useHash";

const TITLE = document.title;

/** The team's side: all conversations, and the active one beside them (on a phone: one or the other). */
export function Dashboard(): React.JSX.Element {
  const directory = useConversations();
  const [active, leave] = useHash();
  const list = useRef<HTMLElement>(null);
  const unread = directory.conversations.filter((c) => c.unread).length;
  const summary = directory.conversations.find((c) => c.id === active) ?? null;
  const { want, loading } = directory;

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
  }, [unread]);

  useEffect(() => {
    if (active !== null && !loading) want(active);
  }, [active, loading, want]);

  function backToList(): void {
    list.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  return (
    <div className="dashboard" data-active={active !== null}>
      <ConversationList ref={list} directory={directory} active={active} />
      {active === null ? (
        <main className="pane nothing">
          <Logo size={64} />
          <p>Choose a conversation to read and answer it.</p>
        </main>
      ) : (
        <ActiveConversation
          key={active}
          conversationId={active}
          summary={summary}
          markRead={directory.markRead}
          setStatus={directory.setStatus}
          onBack={leave}
          onEscape={backToList}
        />
      )}
    </div>
  );
}
