// Reads what the API answers, and takes nothing for granted.

import { Failure } from "./notifi-requests.js";

export function isNotification(item) {
    return typeof item?.id === "string" && typeof item.message === "string" && Number.isSafeInteger(item.seq);
}

/** With every member that is asked about. */
export function normalized(item) {
    return { ...item, read_at: item.read_at ?? null, seen_at: item.seen_at ?? null, archived_at: item.archived_at ?? null };
}

/** @throws {Failure} */
export function readPage(json) {
    if (!Array.isArray(json?.notifications)) throw new Failure(200, { code: "unreadable" });
    return {
        items: json.notifications.filter(isNotification).map(normalized),
        next: typeof json.next_cursor === "string" ? json.next_cursor : null,
    };
}

/** @throws {Failure} */
export function readCounts(json) {
    if (!Number.isSafeInteger(json?.unread) || !Number.isSafeInteger(json.unseen)) {
        throw new Failure(200, { code: "unreadable" });
    }
    return { unread: json.unread, unseen: json.unseen };
}

/** All of the unread are known, so they can be counted. */
export const countsOf = (items) => ({ unread: items.length, unseen: items.filter((item) => item.seen_at === null).length });

/** `"<version>-<hash of the user>"`, which a proxy may have made weak. */
export function readETag(etag) {
    const parts = /^(?:W\/)?"(\d+)-([^".]+)(?:\.\d+)?"$/.exec(etag ?? "");
    return parts === null ? { user: null, version: undefined } : { user: parts[2], version: Number(parts[1]) };
}
