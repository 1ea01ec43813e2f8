// Every text that the element shows. Another language is another object of this shape (`labels` of the element).

/**
 * `{name}` stands for a value. Where a text counts something it may be an object of plural forms, as
 * `Intl.PluralRules` names them, with `other` at least.
 *
 * @type {import("./notifi-inbox.js").Labels}
 */
export const english = {
    locale: navigator.languages?.find((tag) => tag.startsWith("en")) ?? "en-GB",
    bell: "Notifications",
    bellUnread: { one: "Notifications, {count} unread", other: "Notifications, {count} unread" },
    heading: "Inbox",
    unreadCount: "{count} unread",
    views: "Which notifications",
    unread: "Unread",
    all: "All",
    archived: "Archived",
    markAllRead: "Mark all as read",
    settings: "Settings",
    close: "Close",
    back: "Back to the inbox",
    markRead: "Mark as read",
    markUnread: "Mark as unread",
    archive: "Archive",
    restore: "Bring back",
    open: "Open",
    openAt: "Open on {host}",
    newTab: "(in a new tab)",
    expand: "Show full message",
    collapse: "Show less",
    more: "Show more",
    loadingMore: "Loading…",
    isUnread: "Unread",
    scheduled: "Scheduled",
    scheduledFor: "Scheduled for {time}",
    priorities: { critical: "Critical", high: "High priority", low: "Low priority" },
    eventTypes: {},
    untitled: "Notification",
    justNow: "just now",
    today: "Today",
    yesterday: "Yesterday",
    earlier: "Earlier",
    loading: "Loading your notifications.",
    emptyUnread: "You’re all caught up",
    emptyUnreadHint: "Nothing is waiting for you. New notifications appear here by themselves.",
    emptyAll: "No notifications yet",
    emptyAllHint: "What you are sent appears here by itself.",
    emptyArchived: "Nothing is archived",
    emptyArchivedHint: "What you archive is kept here, out of the way.",
    signedOut: "You’re signed out",
    sessionEnded: "Your session has ended",
    signInHint: "Sign in again to see your notifications.",
    failed: "Your notifications can’t be shown",
    retry: "Try again",
    retrying: "Trying again by itself.",
    kept: "You see what had arrived before.",
    offline: "You are offline.",
    unreachable: "Notifi can’t be reached.",
    unavailable: "Notifi is unavailable for the moment.",
    tooMany: "Too many requests for the moment.",
    fault: "Notifi answered with an error ({status}).",
    unreadable: "Notifi’s answer can’t be read.",
    connected: "Up to date",
    reconnecting: "Reconnecting",
    isOffline: "Offline",
    isLimited: "Slowed down",
    connectedAgain: "Connected again.",
    notDone: "Not done: {reason} It is as it was.",
    withdrawn: "It was withdrawn by its sender.",
    markedRead: "Marked as read.",
    markedUnread: "Marked as unread.",
    markedArchived: "Archived.",
    markedRestored: "Back in the inbox.",
    markedAllRead: "All marked as read.",
    arrived: { one: "New notification: {title}", other: "{count} new notifications." },
    moreShown: { one: "{count} more shown.", other: "{count} more shown." },
    whatToGet: "What you get",
    locked: "Always on, because it is critical.",
    noTypes: "There is nothing to choose yet.",
    onThisDevice: "On this device",
    popups: "Show what is new as browser notifications",
    popupsDenied: "Your browser blocks them. Allow notifications for this site in its settings.",
    popupsUnsupported: "This browser does not offer them here.",
};

/**
 * A text with its values put in.
 *
 * @param {import("./notifi-inbox.js").Labels} labels
 * @param {string | Record<string, string>} template
 * @param {Record<string, string | number>} [values] `count` decides the plural form
 */
export function phrase(labels, template, values = {}) {
    const form = typeof template === "string"
        ? template
        : template[new Intl.PluralRules(labels.locale).select(Number.parseInt(String(values.count), 10))] ?? template.other;
    return form.replaceAll(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/** How a count is shown: 99+ above 99. */
export const capped = (count) => (count > 99 ? "99+" : String(count));

/** What an event type is called: by the labels, by the server, else made of its name. */
export function typeName(labels, type, registered = new Map()) {
    const known = Object.hasOwn(labels.eventTypes, type) ? labels.eventTypes[type] : registered.get(type);
    if (known) return known;
    const words = String(type ?? "").replaceAll(/[_.\-]+/g, " ").trim();
    return words === "" ? labels.untitled : words[0].toUpperCase() + words.slice(1);
}

/** Why a request failed, in a sentence. */
export function reason(labels, failure) {
    if (failure.status === 0) return navigator.onLine ? labels.unreachable : labels.offline;
    if (failure.status === 429) return labels.tooMany;
    if (failure.status === 503) return labels.unavailable;
    if (failure.code === "unreadable") return labels.unreadable;
    return failure.detail || phrase(labels, labels.fault, { status: failure.status });
}
