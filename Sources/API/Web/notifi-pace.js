// When to ask again. Pure: it knows no timer and no request.

/** How many notifications a request asks for. */
export const pageSize = 20;

/** Of one clock for all tabs of a computer, which does not jump within one of them. In milliseconds. */
export const clock = () => performance.timeOrigin + performance.now();

const usual = 30;
const slowest = 300;

/** Times are in seconds, moments in milliseconds since 1970. */
export class Pace {
    /** As the server wants it, seconds between two polls. */
    interval = usual;
    /** Before this moment the server wants to hear nothing. */
    notBefore = 0;
    #failures = 0;

    /** @param {() => number} [random] below 1 */
    constructor(random = Math.random) {
        this.random = random;
    }

    /**
     * An answer came.
     *
     * @param {string | null} interval its X-Poll-Interval
     */
    succeeded(interval) {
        const seconds = Number(interval);
        this.interval = seconds > 0 ? Math.min(slowest, Math.max(1, seconds)) : usual;
        this.#failures = 0;
        this.notBefore = 0;
    }

    /**
     * None came, or an error.
     *
     * @param {number} retryAfter seconds that the server asks for, or 0
     */
    failed(retryAfter, now = Date.now()) {
        this.#failures += 1;
        this.notBefore = retryAfter > 0 ? now + retryAfter * 1000 : 0;
    }

    /**
     * Milliseconds until the next poll. After errors a random part of a time that doubles (full jitter), so that clients
     * that lost their server together do not come back together.
     *
     * @param {boolean} hidden whether nobody looks
     */
    delay(hidden, now = Date.now()) {
        if (this.#failures > 0) {
            const backoff = this.random() * Math.min(slowest, 2 ** this.#failures) * 1000;
            const wait = this.notBefore - now;
            return wait > 0 ? Math.max(backoff, wait * (1 + this.random() / 10)) : backoff;
        }
        const seconds = hidden ? Math.min(slowest, this.interval * 4) : this.interval;
        return seconds * 1000 * (1 + this.random() / 20);
    }
}

/** Seconds that a Retry-After asks for, as a number or a date; 0 without one. */
export function retryAfter(header, now = Date.now()) {
    if (header === null) return 0;
    const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
    return Math.min(slowest * 12, Math.max(0, seconds || 0));
}
