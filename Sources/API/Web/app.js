// The inbox page. It polls the unread list at the server's pace, draws it, and marks notifications as read.
// Whatever comes from the server is drawn with textContent, so that it cannot become markup.

const unreadURL = "/api/notifications/unread";
const sessionURL = "/api/session";
const requestTimeout = 15_000;
const pace = { lowest: 1, usual: 30, highest: 60 };
const longestRetryAfter = 600;
const clampedMessage = { characters: 480, lines: 7 };

const main = document.querySelector("#inbox");
const part = (name, within = document) => within.querySelector(`[data-part="${name}"]`);
const actions = (name) => document.querySelectorAll(`[data-action="${name}"]`);
const language = navigator.languages?.find((tag) => tag.startsWith("en")) ?? "en-GB";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/// The signed-in person's list. Replaced as a whole when somebody signs in or out.
const emptyInbox = () => ({
    pages: [], // [{items, next}], newest first; the first is the one that is polled
    wantedPages: 1,
    etag: null,
    loaded: false,
    newestSeq: 0,
    leaving: new Map(), // id -> "asked" | "done": taken off the page before the server's list agrees
    failures: new Map(), // id -> why marking it as read failed
    shown: [], // ids in the order of the page
    nodes: new Map(), // id -> its <li>
});

let inbox = emptyInbox();
let session = new AbortController(); // aborted when its person signs out, with all requests on their behalf
let offeredToken = null;
let clockSkew = 0; // server time minus this computer's, in milliseconds

// --- Requests

class Failure extends Error {
    constructor(status, { code, detail, retryAfter } = {}) {
        super(detail ?? `The server answered ${status}.`);
        Object.assign(this, { status, code, detail, retryAfter });
    }

    get sentence() {
        if (this.status === 0) return navigator.onLine ? "Notifi can’t be reached." : "You are offline.";
        if (this.status === 429) return "Too many requests for the moment.";
        if (this.status === 503) return "Notifi is unavailable for the moment.";
        return this.detail || `Notifi answered with an error (${this.status}).`;
    }
}

async function request(path, options = {}) {
    const owner = session;
    const signal = AbortSignal.any([owner.signal, AbortSignal.timeout(requestTimeout)]);
    let response;
    try {
        response = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options, signal });
    } catch {
        throw new Failure(0);
    }
    const serverTime = Date.parse(response.headers.get("date") ?? "");
    // The header counts whole seconds, so a small difference says nothing.
    if (serverTime) clockSkew = Math.abs(serverTime - Date.now()) > 5_000 ? serverTime - Date.now() : 0;
    if (response.ok || response.status === 304) return response;
    let problem = {};
    if (/[/+]json/.test(response.headers.get("content-type") ?? "")) problem = await response.json().catch(() => ({}));
    throw new Failure(response.status, {
        code: problem?.code,
        detail: typeof problem?.detail === "string" ? problem.detail : undefined,
        retryAfter: retryAfter(response.headers.get("retry-after")),
    });
}

function retryAfter(header) {
    if (header === null) return 0;
    const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now()) / 1000;
    return Math.min(longestRetryAfter, Math.max(0, seconds || 0));
}

/// The address of the next page, if the server names one on this same site.
function nextPage(header) {
    for (const [, target, parameters] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
        if (!/;\s*rel\s*=\s*"?[^";]*\bnext\b/i.test(parameters) || !URL.canParse(target, location.href)) continue;
        const url = new URL(target, location.href);
        if (url.origin === location.origin) return url.pathname + url.search;
    }
    return null;
}

/// One page of the list, or null if the list is what `etag` names.
async function fetchPage(url, etag) {
    const headers = { accept: "application/json", ...(etag && { "if-none-match": etag }) };
    const response = await request(url, { headers });
    const told = Number(response.headers.get("x-poll-interval"));
    polling.seconds = told > 0 ? Math.min(pace.highest, Math.max(pace.lowest, told)) : pace.usual;
    if (response.status === 304) return null;
    const items = await response.json().catch(() => null);
    if (!Array.isArray(items)) throw new Failure(response.status, { detail: "Notifi’s answer can’t be read." });
    return {
        items: items.filter((item) => typeof item?.id === "string" && typeof item.message === "string"),
        next: nextPage(response.headers.get("link")),
        etag: response.headers.get("etag"),
    };
}

// --- Polling: one request at a time, at the server's pace, slower after errors

const polling = {
    active: false, running: false, again: false, timer: 0, failures: 0, seconds: pace.usual, notBefore: 0,
};

function pollIn(milliseconds) {
    clearTimeout(polling.timer);
    polling.timer = setTimeout(poll, milliseconds);
}

function pollNow() {
    if (polling.running) polling.again = true;
    else if (polling.active) poll();
}

async function poll() {
    clearTimeout(polling.timer);
    if (!polling.active || polling.running) return;
    const wait = polling.notBefore - Date.now();
    if (wait > 0) return pollIn(wait);
    const owner = session;
    polling.running = true;
    polling.again = false;
    let delay;
    try {
        await refresh(owner);
        polling.failures = 0;
        if (owner === session) connected();
        delay = polling.seconds * 1000 * (1 + Math.random() / 20);
    } catch (error) {
        if (!(error instanceof Failure)) console.error(error);
        if (owner === session) delay = troubled(error);
    } finally {
        polling.running = false;
    }
    if (owner !== session) return pollNow();
    if (polling.active) pollIn(polling.again ? 0 : delay);
}

/// Shows what went wrong, and returns how long to wait: twice as long each time, half of it by chance.
function troubled(error) {
    const failure = error instanceof Failure ? error : new Failure(500, { detail: "This page met an error." });
    if (failure.status === 401) {
        return endSession(inbox.loaded ? "Your session has ended" : "You’re signed out", signInHint);
    }
    polling.failures += 1;
    const ceiling = Math.min(pace.highest, 2 ** polling.failures) * 1000;
    let delay = ceiling / 2 + (Math.random() * ceiling) / 2;
    if (failure.retryAfter > 0) {
        delay = Math.max(delay, failure.retryAfter * 1000 * (1 + Math.random() / 10));
        polling.notBefore = Date.now() + failure.retryAfter * 1000;
    }
    const offline = failure.status === 0 && !navigator.onLine;
    setConnection(offline ? "offline" : "retrying", offline ? "Offline" : "Reconnecting");
    const sentence = failure.sentence;
    if (inbox.loaded) {
        const kept = inbox.shown.length > 0 ? " You see what had arrived before." : "";
        showBanner(`${sentence}${kept} Trying again by itself.`);
    } else {
        part("error-text").textContent = `${sentence} This page tries again by itself.`;
        setState("error");
    }
    return delay;
}

function connected() {
    const lost = main.dataset.connection === "offline" || main.dataset.connection === "retrying";
    setConnection("live", "Up to date");
    for (const button of actions("sign-out")) button.hidden = false;
    part("connection").title = `Checked every ${Math.round(polling.seconds)} s`;
    if (lost) announce("Connected again.");
    part("banner").hidden = true;
}

/// Brings the list up to date; an announcement is made only of what is newer than anything seen before.
async function refresh(owner) {
    const first = await fetchPage(unreadURL, inbox.etag);
    if (owner !== session) return;
    main.dataset.checked = new Date().toISOString();
    if (first === null) return;
    const pages = [first];
    while (pages.length < inbox.wantedPages && pages.at(-1).next) pages.push(await fetchPage(pages.at(-1).next));
    if (owner !== session) return;
    inbox.pages = pages;
    inbox.etag = first.etag;
    const listed = new Set(pages.flatMap((page) => page.items.map((item) => item.id)));
    for (const [id, step] of inbox.leaving) if (step === "done" && !listed.has(id)) inbox.leaving.delete(id);
    for (const id of inbox.failures.keys()) if (!listed.has(id)) inbox.failures.delete(id);

    const newest = Math.max(inbox.newestSeq, ...pages[0].items.map((item) => Number(item.seq) || 0));
    const fresh = inbox.loaded ? pages[0].items.filter((item) => Number(item.seq) > inbox.newestSeq) : [];
    inbox.newestSeq = newest;
    const initial = !inbox.loaded;
    inbox.loaded = true;
    draw(new Set(fresh.map((item) => item.id)));
    if (initial) announce(countSentence());
    else if (fresh.length === 1) announce(`New notification: ${fresh[0].title || fresh[0].message.slice(0, 120)}`);
    else if (fresh.length > 1) announce(`${fresh.length} new notifications.`);
}

// --- The session

const signInHint = "Open your personal sign-in link in this browser to see your notifications.";

function startSession() {
    renewSession();
    polling.active = true;
    setState("loading");
    pollNow();
}

function endSession(title, text, { retry = false } = {}) {
    renewSession();
    polling.active = false;
    clearTimeout(polling.timer);
    setConnection("none", "");
    part("signed-out-title").textContent = title;
    part("signed-out-text").textContent = text;
    for (const button of actions("sign-in-again")) button.hidden = !retry;
    setState("signed-out");
    announce(`${title}. ${text}`);
}

function renewSession() {
    session.abort();
    session = new AbortController();
    inbox = emptyInbox();
    Object.assign(polling, { failures: 0, notBefore: 0, again: false });
    part("banner").hidden = true;
    for (const button of actions("sign-out")) button.hidden = true;
    draw();
}

/// The token of a sign-in link. It leaves the address bar and the history before anything else happens.
function takeToken() {
    if (!location.hash.startsWith("#token=")) return null;
    const token = location.hash.slice("#token=".length);
    history.replaceState(null, "", location.pathname + location.search);
    return token;
}

async function signIn(token) {
    endOldSessionQuietly();
    const owner = session;
    try {
        // A header holds no other characters; a token never has them.
        if (!/^[\x21-\x7e]+$/.test(token)) throw new Failure(401);
        await request(sessionURL, { method: "POST", headers: { authorization: `Bearer ${token}` } });
        if (owner !== session) return;
        offeredToken = null;
        startSession();
    } catch (failure) {
        if (owner !== session) return;
        const refused = failure.status >= 400 && failure.status < 500 && failure.status !== 429;
        offeredToken = refused ? null : token;
        if (refused) endSession("This sign-in link doesn’t work", `It may have expired. ${signInHint}`);
        else endSession("Signing in didn’t work", failure.sentence, { retry: true });
    }
}

function endOldSessionQuietly() {
    renewSession();
    polling.active = false;
    clearTimeout(polling.timer);
    setState("loading");
}

async function signOut(button) {
    button.setAttribute("aria-disabled", "true");
    try {
        await request(sessionURL, { method: "DELETE" });
        endSession("You’re signed out", signInHint);
        part("heading").focus();
    } catch (failure) {
        if (failure.status === 401) endSession("You’re signed out", signInHint);
        else {
            showBanner(`You are still signed in. ${failure.sentence}`);
        }
    } finally {
        button.removeAttribute("aria-disabled");
    }
}

// --- What a person does with the list

async function markRead(id) {
    if (inbox.leaving.has(id)) return;
    const owner = session;
    inbox.leaving.set(id, "asked");
    inbox.failures.delete(id);
    draw();
    announce(`Marked as read. ${countSentence()}`);
    try {
        await request(`/api/notifications/${encodeURIComponent(id)}/read`, { method: "PATCH" });
        if (owner === session) inbox.leaving.set(id, "done");
    } catch (failure) {
        if (owner !== session) return;
        if (failure.status === 401) return endSession("Your session has ended", signInHint);
        // Withdrawn by its sender, or read long ago: it is to leave the page all the same.
        if (failure.status === 404) return inbox.leaving.set(id, "done");
        inbox.leaving.delete(id);
        inbox.failures.set(id, `Not marked as read. ${failure.sentence}`);
        draw();
        announce(`${inbox.failures.get(id)} It is back in the list.`);
    }
}

async function showMore(button) {
    const last = inbox.pages.at(-1);
    if (!last?.next || button.getAttribute("aria-disabled")) return;
    const owner = session;
    const list = inbox.pages;
    const trouble = part("more-error");
    button.setAttribute("aria-disabled", "true");
    button.textContent = "Loading…";
    trouble.hidden = true;
    try {
        const page = await fetchPage(last.next);
        if (owner !== session) return;
        inbox.wantedPages += 1;
        // A poll may have replaced the pages meanwhile; then it is asked to fetch this one as well.
        if (list === inbox.pages) inbox.pages.push(page);
        else inbox.etag = null;
        const before = inbox.shown.length;
        draw();
        const added = inbox.shown.slice(before);
        if (added.length > 0) {
            focusItem(added[0]);
            announce(`${added.length} more shown.`);
        }
        if (list !== inbox.pages) pollNow();
    } catch (failure) {
        if (owner !== session) return;
        trouble.textContent = failure.sentence;
        trouble.hidden = false;
        announce(failure.sentence);
    } finally {
        button.removeAttribute("aria-disabled");
        button.textContent = "Show more";
    }
}

// --- Drawing

function setState(state) {
    main.dataset.state = state;
    main.setAttribute("aria-busy", String(state === "loading"));
    for (const panel of main.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== state;
    const count = part("count");
    count.hidden = state !== "ready" && state !== "empty";
    if (count.hidden) document.title = "Inbox · Notifi";
}

function setConnection(connection, text) {
    main.dataset.connection = connection;
    part("connection").hidden = text === "";
    setText(part("connection-text"), text);
}

function showBanner(text) {
    const changed = part("banner").hidden;
    setText(part("banner-text"), text);
    part("banner").hidden = false;
    if (changed) announce(text);
}

/// Each sentence is a paragraph of its own, so that two in a row are both read out.
function announce(text) {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    const announcer = part("announcer");
    announcer.append(paragraph);
    while (announcer.childElementCount > 4) announcer.firstElementChild.remove();
}

function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

const hasMore = () => Boolean(inbox.pages.at(-1)?.next);
const countText = () => `${inbox.shown.length}${hasMore() ? "+" : ""}`;

function countSentence() {
    if (inbox.shown.length === 0) return "No unread notifications.";
    return `${countText()} unread notification${inbox.shown.length === 1 && !hasMore() ? "" : "s"}.`;
}

function draw(fresh = new Set()) {
    const items = new Map();
    for (const item of inbox.pages.flatMap((page) => page.items)) {
        if (!inbox.leaving.has(item.id) && !items.has(item.id)) items.set(item.id, item);
    }
    const focused = document.activeElement;
    const focusedID = focused?.closest?.("[data-notification-id]")?.dataset.notificationId;
    const before = inbox.shown;
    const tops = new Map(before.map((id) => [id, inbox.nodes.get(id)?.getBoundingClientRect().top]));

    inbox.shown = [...items.keys()];
    for (const id of inbox.nodes.keys()) if (!items.has(id)) inbox.nodes.delete(id);
    const days = new Map();
    for (const [id, item] of items) {
        if (!inbox.nodes.has(id)) inbox.nodes.set(id, itemNode(item, fresh.has(id)));
        const node = inbox.nodes.get(id);
        fillItem(node, item);
        const day = dayKey(item.delivered_at);
        days.set(day, [...(days.get(day) ?? []), node]);
    }
    const list = part("days");
    const sections = new Map([...list.children].map((section) => [section.dataset.day, section]));
    place(list, [...days].map(([day, nodes]) => {
        const section = sections.get(day) ?? dayNode(day);
        setText(section.querySelector("h2"), dayLabel(day));
        place(section.querySelector("ul"), nodes);
        return section;
    }));
    slide(tops);

    part("more").hidden = !hasMore();
    if (inbox.loaded) {
        setState(items.size > 0 || hasMore() ? "ready" : "empty");
        setText(part("count"), items.size > 0 ? `${countText()} unread` : "0 unread");
        document.title = items.size > 0 ? `(${countText()}) Inbox · Notifi` : "Inbox · Notifi";
    }
    main.dataset.unread = String(items.size);

    if (focusedID !== undefined && !items.has(focusedID)) focusNeighbour(before, focusedID);
    else if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/// Makes `nodes` the children of `parent`, moving as few as possible: a moved element loses the focus.
function place(parent, nodes) {
    const wanted = new Set(nodes);
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
    let at = parent.firstElementChild;
    for (const node of nodes) {
        if (node === at) at = at.nextElementSibling;
        else parent.insertBefore(node, at);
    }
}

/// Lets what stays glide to its new place.
function slide(tops) {
    if (calm.matches || document.hidden || tops.size > 150) return;
    for (const [id, top] of tops) {
        const node = inbox.nodes.get(id);
        const distance = node && top !== undefined ? top - node.getBoundingClientRect().top : 0;
        if (Math.abs(distance) < 1) continue;
        node.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }],
            { duration: 220, easing: "cubic-bezier(.2, 0, 0, 1)" });
    }
}

function focusItem(id) {
    inbox.nodes.get(id)?.querySelector('[data-action="read"]').focus();
}

function focusNeighbour(before, id) {
    const at = before.indexOf(id);
    const outwards = [...before.slice(at + 1), ...before.slice(0, at).reverse()];
    const neighbour = outwards.find((other) => inbox.nodes.has(other));
    if (neighbour !== undefined) focusItem(neighbour);
    else part("heading").focus();
}

function dayNode(day) {
    const section = document.querySelector("#day").content.firstElementChild.cloneNode(true);
    const heading = section.querySelector("h2");
    section.dataset.day = day;
    heading.id = `day-${day}`;
    section.setAttribute("aria-labelledby", heading.id);
    return section;
}

const priorities = { critical: "Critical", high: "High", low: "Low" };

function itemNode(item, fresh) {
    const node = document.querySelector("#item").content.firstElementChild.cloneNode(true);
    node.dataset.notificationId = item.id;
    if (fresh) {
        node.classList.add("fresh");
        node.addEventListener("animationend", () => node.classList.remove("fresh"), { once: true });
    }
    part("title", node).id = `title-${item.id}`;
    for (const control of node.querySelectorAll("button, a")) {
        control.setAttribute("aria-describedby", `title-${item.id}`);
    }
    return node;
}

function fillItem(node, item) {
    const priority = Object.hasOwn(priorities, item.priority) ? item.priority : "normal";
    const type = typeName(item.event_type);
    const title = typeof item.title === "string" && item.title.trim() !== "" ? item.title : "";
    node.dataset.priority = priority;
    node.dataset.eventType = String(item.event_type ?? "");
    node.querySelector(".mark use").setAttribute("href", `#mark-${priority}`);
    setText(part("title", node), title || type);
    showText(part("priority", node), priorities[priority] ?? "");
    showText(part("type", node), title ? type : "");
    setText(part("message", node), item.message);
    showText(part("error", node), inbox.failures.get(item.id) ?? "");

    const scheduled = part("scheduled", node);
    scheduled.hidden = item.scheduled !== true;
    scheduled.title = scheduled.hidden ? "" : `Scheduled for ${absolute(item.due_at)}`;
    const time = part("time", node);
    time.dateTime = item.delivered_at ?? "";
    time.title = absolute(item.delivered_at);
    setText(time, relative(item.delivered_at));

    const expand = node.querySelector('[data-action="expand"]');
    const long = item.message.length > clampedMessage.characters
        || item.message.split("\n").length > clampedMessage.lines;
    expand.hidden = !long;
    node.classList.toggle("clamped", long && expand.getAttribute("aria-expanded") !== "true");
    fillLink(node, safeURL(item.action_url));
}

function fillLink(node, url) {
    const link = part("action", node);
    part("action-line", node).hidden = url === null;
    if (url === null) return link.removeAttribute("href");
    const elsewhere = url.origin !== location.origin;
    link.href = url.href;
    if (elsewhere) link.target = "_blank";
    else link.removeAttribute("target");
    setText(part("host", node), url.host);
    setText(part("new-tab", node), elsewhere ? " (in a new tab)" : "");
}

/// Only https, http and paths; anything else gets no link at all.
function safeURL(text) {
    if (typeof text !== "string" || !/^(https?:\/\/|\/)/i.test(text)) return null;
    if (!URL.canParse(text, location.href)) return null;
    const url = new URL(text, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
}

function showText(node, text) {
    node.hidden = text === "";
    setText(node, text);
}

function typeName(type) {
    const words = String(type ?? "").replaceAll(/[_.\-]+/g, " ").trim();
    return words === "" ? "Notification" : words[0].toUpperCase() + words.slice(1);
}

// --- Times

const now = () => Date.now() + clockSkew;
const relativeFormat = new Intl.RelativeTimeFormat(language, { numeric: "always" });
const absoluteFormat = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const dateFormat = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const weekdayFormat = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });

function absolute(text) {
    const time = new Date(text ?? NaN);
    return Number.isNaN(time.getTime()) ? "" : absoluteFormat.format(time);
}

function relative(text) {
    const time = new Date(text ?? NaN);
    if (Number.isNaN(time.getTime())) return "";
    const minutes = Math.floor((now() - time.getTime()) / 60_000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return relativeFormat.format(-minutes, "minute");
    if (minutes < 24 * 60) return relativeFormat.format(-Math.floor(minutes / 60), "hour");
    if (minutes < 7 * 24 * 60) return relativeFormat.format(-Math.floor(minutes / 60 / 24), "day");
    return dateFormat.format(time);
}

function dayKey(text) {
    const time = new Date(text ?? NaN);
    if (Number.isNaN(time.getTime())) return "undated";
    const two = (number) => String(number).padStart(2, "0");
    return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

function dayLabel(day) {
    const today = new Date(now());
    const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
    if (day === dayKey(today)) return "Today";
    if (day === dayKey(yesterday)) return "Yesterday";
    return day === "undated" ? "Earlier" : weekdayFormat.format(new Date(`${day}T12:00`));
}

/// Brings the relative times and the days' names up to date without touching anything else.
function updateTimes() {
    if (document.hidden) return;
    for (const time of document.querySelectorAll("time[datetime]")) setText(time, relative(time.dateTime));
    for (const section of document.querySelectorAll("[data-day]")) {
        setText(section.querySelector("h2"), dayLabel(section.dataset.day));
    }
}

// --- Start

document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-action]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const item = button.closest("[data-notification-id]");
    switch (button.dataset.action) {
    case "read":
        return markRead(item.dataset.notificationId);
    case "expand": {
        const expanded = button.getAttribute("aria-expanded") !== "true";
        button.setAttribute("aria-expanded", String(expanded));
        button.textContent = expanded ? "Show less" : "Show full message";
        return item.classList.toggle("clamped", !expanded);
    }
    case "more":
        return showMore(button);
    case "retry":
        return pollNow();
    case "sign-in-again":
        return offeredToken && signIn(offeredToken);
    case "sign-out":
        return signOut(button);
    }
});
document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    updateTimes();
    pollNow();
});
window.addEventListener("online", pollNow);
window.addEventListener("offline", () => polling.active && troubled(new Failure(0)));
window.addEventListener("hashchange", () => {
    const token = takeToken();
    if (token !== null) signIn(token);
});
setInterval(updateTimes, 10_000);

const token = takeToken();
if (token !== null) signIn(token);
else startSession();
