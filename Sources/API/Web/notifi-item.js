// One notification in a list. Built once, then filled again whenever it changes.

import { icon, make, setText, showText } from "./notifi-dom.js";
import { phrase, typeName } from "./notifi-labels.js";
import { actionURL, leavesSite } from "./notifi-links.js";

/** A message longer than this is shown in part until somebody asks for the rest. */
const clamped = { characters: 480, lines: 7 };

/**
 * @typedef {import("./notifi-inbox.js").Notification} Notification
 * @typedef {{labels: import("./notifi-inbox.js").Labels, times: import("./notifi-times.js").Times,
 *   types: Map<string, string>}} Texts
 */
export class ItemView {
    /**
     * @param {string} id
     * @param {Texts} texts
     */
    constructor(id, texts) {
        const { labels } = texts;
        const title = `title-${id}`;
        const about = { "aria-describedby": title };
        const button = (action, name, attributes) => make(
            "button", { type: "button", class: name, part: "button", "data-action": action, ...about, ...attributes });
        this.mark = make("span", { class: "mark" });
        this.title = make("h3", { id: title, class: "title", part: "title", dir: "auto" });
        this.isUnread = make("span", { class: "unseen" });
        this.priority = make("span", { class: "priority", part: "priority" });
        this.type = make("span", { part: "type" });
        this.time = make("time", { part: "time" });
        this.scheduled = make("span", {}, icon("clock"), labels.scheduled);
        this.message = make("p", { class: "message", part: "message", dir: "auto" });
        this.expand = button("expand", "plain", { "aria-expanded": "false" });
        this.link = make("a", { class: "link", part: "action", rel: "noopener noreferrer", "data-action": "open", ...about });
        this.linkText = make("span");
        this.linkHint = make("span", { class: "unseen" });
        this.link.append(this.linkText, this.linkHint, icon("out"));
        this.action = make("p", { class: "action" }, this.link);
        this.error = make("p", { class: "trouble", part: "error" });
        this.read = button("read", "outlined");
        this.readText = make("span");
        this.archive = button("archive", "outlined");
        this.archiveText = make("span");
        this.node = make("li", { class: "item", part: "item", "data-notification-id": id },
            this.mark,
            make("div", { class: "text" },
                this.title,
                make("p", { class: "meta" }, this.isUnread, this.priority, this.type, this.time, this.scheduled),
                this.message, this.expand, this.action, this.error),
            make("div", { class: "buttons" }, this.read, this.archive));
        this.drawn = {};
    }

    /**
     * @param {Notification} item
     * @param {Texts} texts
     * @param {string} error why something that was asked for it failed, or nothing
     */
    fill(item, texts, error) {
        const { labels, times } = texts;
        const priority = Object.hasOwn(labels.priorities, item.priority) ? item.priority : "normal";
        const type = typeName(labels, item.event_type, texts.types);
        const title = typeof item.title === "string" && item.title.trim() !== "" ? item.title : "";
        const isUnread = item.read_at === null;
        this.node.dataset.priority = priority;
        this.node.dataset.unread = String(isUnread);
        if (this.drawn.priority !== priority) this.mark.replaceChildren(icon(priority, "symbol"));
        this.drawn.priority = priority;
        setText(this.title, title || type);
        showText(this.isUnread, isUnread ? labels.isUnread : "");
        showText(this.priority, labels.priorities[priority] ?? "");
        showText(this.type, title ? type : "");
        setText(this.message, item.message);
        showText(this.error, error);
        this.scheduled.hidden = item.scheduled !== true;
        this.scheduled.title = this.scheduled.hidden
            ? "" : phrase(labels, labels.scheduledFor, { time: times.absolute(item.due_at) });
        this.time.dateTime = String(item.delivered_at ?? "");
        this.time.title = times.absolute(item.delivered_at);
        this.updateTime(times);
        this.#fillMessage(item.message, labels);
        this.#fillLink(actionURL(item.action_url), labels);
        this.#fillButton(this.read, isUnread ? ["check", labels.markRead] : ["unread", labels.markUnread]);
        this.#fillButton(this.archive, item.archived_at === null
            ? ["archive", labels.archive] : ["restore", labels.restore]);
        this.read.hidden = item.archived_at !== null;
    }

    updateTime(times) { setText(this.time, times.relative(this.time.dateTime)); }

    toggleMessage(labels) {
        const isExpanded = this.expand.getAttribute("aria-expanded") !== "true";
        this.expand.setAttribute("aria-expanded", String(isExpanded));
        this.#fillMessage(this.message.textContent, labels);
    }

    #fillMessage(message, labels) {
        const isLong = message.length > clamped.characters || message.split("\n").length > clamped.lines;
        const isExpanded = this.expand.getAttribute("aria-expanded") === "true";
        this.expand.hidden = !isLong;
        setText(this.expand, isExpanded ? labels.collapse : labels.expand);
        this.node.classList.toggle("clamped", isLong && !isExpanded);
    }

    /** The host is named where the link leaves this site. */
    #fillLink(url, labels) {
        this.action.hidden = url === null;
        if (url === null) return this.link.removeAttribute("href");
        const leaves = leavesSite(url);
        this.link.href = url.href;
        if (leaves) this.link.target = "_blank";
        else this.link.removeAttribute("target");
        setText(this.linkText, leaves ? phrase(labels, labels.openAt, { host: url.host }) : labels.open);
        setText(this.linkHint, leaves ? ` ${labels.newTab}` : "");
    }

    #fillButton(button, [symbol, name]) {
        if (button.title === name) return;
        button.title = name;
        button.replaceChildren(icon(symbol), make("span", { class: "name" }, name));
    }
}
