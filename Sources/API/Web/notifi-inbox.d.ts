// Types of https://<your Notifi>/notifi-inbox.js. Importing the module defines the element <notifi-inbox>.

/** A notification as the API gives it. Every text in it is plain text. */
export interface Notification {
  readonly id: string;
  readonly event_type: string;
  readonly title: string | null;
  readonly message: string;
  /** https, http or a path of the page's site; never trust it further than that. */
  readonly action_url: string | null;
  readonly priority: "low" | "normal" | "high" | "critical";
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly due_at: string;
  readonly delivered_at: string;
  readonly read_at: string | null;
  readonly seen_at: string | null;
  readonly archived_at: string | null;
  /** Its place in the inbox: newer ones have higher numbers. */
  readonly seq: number;
  readonly scheduled: boolean;
}

export type View = "unread" | "all" | "archived";

/** Whether somebody gets what is of one event type. */
export interface Preference {
  readonly event_type: string;
  readonly label: string;
  readonly enabled: boolean;
  readonly default: boolean;
  /** It cannot be switched off. */
  readonly critical: boolean;
}

export interface Counts {
  readonly unread: number;
  readonly unseen: number;
}

/** A text with `{placeholders}`; or its plural forms by the names of `Intl.PluralRules`, with `other` at least. */
export type Template = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string });

/** Every text of the element. Give `labels` those that differ from the English ones. */
export interface Labels {
  /** BCP 47 tag by which times and plurals are written. */
  locale: string;
  bell: string;
  /** `{count}` */
  bellUnread: Template;
  heading: string;
  /** `{count}` */
  unreadCount: Template;
  views: string;
  unread: string;
  all: string;
  archived: string;
  markAllRead: string;
  settings: string;
  close: string;
  back: string;
  markRead: string;
  markUnread: string;
  archive: string;
  restore: string;
  open: string;
  /** `{host}` */
  openAt: string;
  newTab: string;
  expand: string;
  collapse: string;
  more: string;
  loadingMore: string;
  isUnread: string;
  scheduled: string;
  /** `{time}` */
  scheduledFor: string;
  priorities: { critical: string; high: string; low: string };
  /** Names of event types; those that are not here are called as they were registered. */
  eventTypes: Record<string, string>;
  untitled: string;
  justNow: string;
  today: string;
  yesterday: string;
  earlier: string;
  loading: string;
  emptyUnread: string;
  emptyUnreadHint: string;
  emptyAll: string;
  emptyAllHint: string;
  emptyArchived: string;
  emptyArchivedHint: string;
  signedOut: string;
  sessionEnded: string;
  signInHint: string;
  failed: string;
  retry: string;
  retrying: string;
  kept: string;
  offline: string;
  unreachable: string;
  unavailable: string;
  tooMany: string;
  /** `{status}` */
  fault: string;
  unreadable: string;
  connected: string;
  reconnecting: string;
  isOffline: string;
  isLimited: string;
  connectedAgain: string;
  /** `{reason}` */
  notDone: string;
  withdrawn: string;
  markedRead: string;
  markedUnread: string;
  markedArchived: string;
  markedRestored: string;
  markedAllRead: string;
  /** `{count}`, `{title}` */
  arrived: Template;
  /** `{count}` */
  moreShown: Template;
  whatToGet: string;
  locked: string;
  noTypes: string;
  onThisDevice: string;
  popups: string;
  popupsDenied: string;
  popupsUnsupported: string;
}

export interface NotifiInboxEventMap {
  /** Other counts than before. */
  "notifi-count": CustomEvent<Counts>;
  /** Somebody follows an action. Cancel it to go there by yourself; then it is not marked as read either. */
  "notifi-open": CustomEvent<{ notification: Notification; url: string | undefined }>;
  /** New ones came while the page was open. */
  "notifi-arrived": CustomEvent<{ notifications: Notification[] }>;
  /** Whether anybody is signed in, once that is known and whenever it changes. */
  "notifi-session": CustomEvent<{ signedIn: boolean }>;
  /** The panel of the bell was opened or closed. */
  "notifi-panel": CustomEvent<{ open: boolean }>;
}

export class NotifiInbox extends HTMLElement {
  /** `"bell"` (default) or `"page"`; attribute `mode`. */
  mode: "bell" | "page";
  /** Where the API is, if not on this page's own site; attribute `base-url`. */
  baseURL: string;
  /** A session as bearer token. Without it and without `getSession`, the cookie of the API's site. */
  session: string | undefined;
  /** Asked for a session at the start, and again when the API refuses the one it has. */
  getSession: (() => Promise<string | undefined>) | undefined;
  get labels(): Labels;
  set labels(labels: Partial<Labels>);
  readonly counts: Counts;

  /** Opens the panel of the bell. */
  open(): void;
  close(): void;
  /** Looks for what is new now, as soon as the API allows it. */
  refresh(): void;
  /** Turns a session token into the cookie of the API's own site. Rejects with an error that has a `status`. */
  signIn(token: string): Promise<void>;
  /** Ends the session of the cookie, in all tabs of this browser. */
  signOut(): Promise<void>;

  addEventListener<K extends keyof NotifiInboxEventMap>(
    type: K, listener: (this: NotifiInbox, event: NotifiInboxEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "notifi-inbox": NotifiInbox;
  }
}
