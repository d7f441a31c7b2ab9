/** Parley in the browser. Nothing outside this folder talks to the service; `react` alone knows of React. */
export { ApiError } from "./api";
export type { ConnectionState } from "./connection";
export type { ConversationView } from "./conversation";
export { activity, type ConversationSummary, type Filter } from "./directory";
export type { Sender } from "./identity";
export { Parley } from "./parley";
export * from "./react";
export { Keep } from "./storage";
export { compareTimestamps } from "./time";
export type { Typist } from "./typing";
export * from "./types";
export { uuid } from "./uuid";
