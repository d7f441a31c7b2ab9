import React, { createContext, useContext, useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from "react";
import type { ConnectionState } from "./connection";
import type { ConversationSession, ConversationView } from "./conversation";
import type { ConversationDirectory, DirectoryView } from "./directory";
import type { Parley } from "./parley";
import type { Shared } from "./store";
import type { Typist } from "./typing";
import type { Message } from "./types";

const Context = createContext<Parley | null>(null);

/** Gives the hooks below it their service, and sends what was left unsent when the page was last closed. */
export function ParleyProvider({ parley, children }: { parley: Parley; children: ReactNode }): React.JSX.Element {
  useEffect(() => parley.sendUnsent(), [parley]);
  return <Context.Provider value={parley}>{children}</Context.Provider>;
}

export function useParley(): Parley {
  const parley = useContext(Context);
  if (parley === null) throw new Error("useParley needs a ParleyProvider above it");
  return parley;
}

function useHeld<T>(shared: Shared<T>): T {
  useEffect(() => shared.hold(), [shared]);
  return useSyncExternalStore(shared.subscribe, shared.get);
}

function useSession(conversationId: string): ConversationSession {
  const parley = useParley();
  return useMemo(() => parley.conversation(conversationId), [parley, conversationId]);
}

/**
 * Keeps the conversation's stream open and calls `onNewMessage` once for every message that commits while it is, whoever
 * sent it, also across reconnects. Returns where the stream stands.
 */
export function useChatRealtime(conversationId: string, onNewMessage?: (message: Message) => void): ConnectionState {
  const session = useSession(conversationId);
  const latest = useRef(onNewMessage);
  useEffect(() => {
    latest.current = onNewMessage;
  });
  useEffect(() => session.listen((message) => latest.current?.(message)), [session]);
  return useHeld(session).connection;
}

export type UseConversation = ConversationView & Pick<ConversationSession, "send" | "retry" | "discard" | "loadOlder" | "keepNewest">;

/** The conversation with its messages, and what one can do in it. */
export function useConversation(conversationId: string): UseConversation {
  const session = useSession(conversationId);
  const view = useHeld(session);
  return useMemo(() => {
    const { send, retry, discard, loadOlder, keepNewest } = session;
    return { ...view, send, retry, discard, loadOlder, keepNewest };
  }, [session, view]);
}

/** Who else is typing in the conversation, and `typing()` to be called at one's own keystrokes. */
export function useTyping(conversationId: string): { typists: readonly Typist[]; typing: () => void } {
  const session = useSession(conversationId);
  const { typists } = useHeld(session);
  return { typists, typing: session.typing };
}

export type UseConversations = DirectoryView &
  Pick<ConversationDirectory, "begin" | "loadMore" | "setStatus" | "markRead" | "want">;

/** All conversations, newest activity first. For those who may see all. */
export function useConversations(): UseConversations {
  const parley = useParley();
  const directory = useMemo(() => parley.directory(), [parley]);
  const view = useHeld(directory);
  return useMemo(() => {
    const { begin, loadMore, setStatus, markRead, want } = directory;
    return { ...view, begin, loadMore, setStatus, markRead, want };
  }, [directory, view]);
}
