// Relative and absolute times in one language, by the server's clock.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Texts for times. */
export class Times {
    /**
     * @param {import("./notifi-inbox.js").Labels} labels
     * @param {() => number} now the time by which things are new or old, in milliseconds
     */
    constructor(labels, now) {
        this.labels = labels;
        this.now = now;
        this.relativeFormat = new Intl.RelativeTimeFormat(labels.locale, { numeric: "always" });
        this.absoluteFormat = new Intl.DateTimeFormat(labels.locale, { dateStyle: "full", timeStyle: "medium" });
        this.dateFormat = new Intl.DateTimeFormat(labels.locale, { day: "numeric", month: "short" });
        this.weekdayFormat = new Intl.DateTimeFormat(
            labels.locale, { weekday: "long", day: "numeric", month: "long" });
    }

    /** In full; empty for what is no time. */
    absolute(text) {
        const time = instant(text);
        return time === null ? "" : this.absoluteFormat.format(time);
    }

    relative(text) {
        const time = instant(text);
        if (time === null) return "";
        const age = this.now() - time;
        if (age < minute) return this.labels.justNow;
        if (age < hour) return this.relativeFormat.format(-Math.floor(age / minute), "minute");
        if (age < day) return this.relativeFormat.format(-Math.floor(age / hour), "hour");
        if (age < 7 * day) return this.relativeFormat.format(-Math.floor(age / day), "day");
        return this.dateFormat.format(time);
    }

    /** Milliseconds until `relative` says something else; at most an hour. */
    untilChange(text) {
        const time = instant(text);
        if (time === null) return hour;
        const age = this.now() - time;
        if (age < 0) return Math.min(hour, minute - age);
        const unit = age < hour ? minute : hour;
        return unit - (age % unit);
    }

    /** The calendar day of a time where the reader is, as `2026-01-31`. */
    dayKey(text) {
        const time = instant(text);
        return time === null ? "undated" : localDay(new Date(time));
    }

    dayLabel(key) {
        const today = new Date(this.now());
        const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
        if (key === localDay(today)) return this.labels.today;
        if (key === localDay(yesterday)) return this.labels.yesterday;
        return key === "undated" ? this.labels.earlier : this.weekdayFormat.format(new Date(`${key}T12:00`));
    }
}

function instant(text) {
    const time = Date.parse(text ?? "");
    return Number.isNaN(time) ? null : time;
}

function localDay(time) {
    const two = (number) => String(number).padStart(2, "0");
    return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
