// Requests to the API on behalf of one person.

import { retryAfter } from "./notifi-pace.js";

const timeout = 15_000;

/** A request that brought no good answer. */
export class Failure extends Error {
    /**
     * @param {number} status 0 where there was no answer at all
     * @param {{code?: string, detail?: string, retryAfter?: number, errors?: {code?: string}[]}} [problem]
     */
    constructor(status, { code, detail, retryAfter = 0, errors } = {}) {
        super(detail ?? `status ${status}`);
        this.status = status;
        this.code = code;
        this.detail = detail;
        this.retryAfter = retryAfter;
        this.errors = Array.isArray(errors) ? errors : [];
    }
}

/** What a request brought. */
class Answer {
    constructor(response, json) {
        this.unchanged = response.status === 304;
        this.json = json;
        this.etag = response.headers.get("etag");
        this.pollInterval = response.headers.get("x-poll-interval");
    }
}

/** The API at one address, with one session: a bearer token if there is one, else the cookie. */
export class Requests {
    /** The server's time minus this computer's, in milliseconds. */
    clockSkew = 0;
    #session;
    #ending = new AbortController();

    /**
     * @param {URL} base
     * @param {string | undefined} session a bearer token
     * @param {(() => Promise<string | undefined>) | undefined} getSession asked where there is none, and when it is refused
     */
    constructor(base, session, getSession) {
        this.base = base;
        this.#session = session;
        this.getSession = getSession;
    }

    /** Whether the browser's cookie tells who asks. */
    get usesCookie() { return this.#session === undefined && this.getSession === undefined; }

    /** Ends what is under way; its callers get an AbortError. */
    end() { this.#ending.abort(); }

    get hasEnded() { return this.#ending.signal.aborted; }

    /**
     * @param {string} method
     * @param {string} path
     * @param {{body?: unknown, etag?: string | null, bearer?: string}} [options] `bearer` goes before the session
     * @throws {Failure}
     */
    async send(method, path, { body, etag, bearer } = {}) {
        if (bearer !== undefined) return this.#attempt(method, path, { body, etag, bearer });
        if (this.#session === undefined) await this.#renewSession();
        try {
            return await this.#attempt(method, path, { body, etag, bearer: this.#session });
        } catch (failure) {
            if (failure.status !== 401 || this.getSession === undefined) throw failure;
            await this.#renewSession();
            return this.#attempt(method, path, { body, etag, bearer: this.#session });
        }
    }

    async #renewSession() {
        if (this.getSession === undefined) return;
        this.#session = (await this.getSession()) ?? undefined;
        // Never the cookie instead, which may be somebody else's.
        if (this.#session === undefined) throw new Failure(401);
    }

    async #attempt(method, path, { body, etag, bearer }) {
        const headers = new Headers({ accept: "application/json" });
        if (body !== undefined) headers.set("content-type", "application/json");
        if (etag) headers.set("if-none-match", etag);
        if (bearer !== undefined) {
            // A header holds no other characters; a token never has them.
            if (!/^[\x21-\x7e]+$/.test(bearer)) throw new Failure(401);
            headers.set("authorization", `Bearer ${bearer}`);
        }
        const foreign = this.base.origin !== location.origin;
        // A cookie is also set by the answer that turns a bearer token into one.
        const credentials = foreign ? (bearer === undefined ? "include" : "omit") : "same-origin";
        const response = await this.#fetch(new URL(path, this.base), {
            method, headers, credentials, cache: "no-store", body: body === undefined ? undefined : JSON.stringify(body),
            // A change goes through even where the page is left, as by the link that was followed.
            keepalive: method !== "GET",
        });
        if (response.status === 304) return new Answer(response, null);
        const isJSON = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
        const json = isJSON ? await response.json().catch(() => undefined) : undefined;
        if (response.ok) return new Answer(response, json);
        throw new Failure(response.status, {
            code: json?.code, errors: json?.errors,
            detail: typeof json?.detail === "string" ? json.detail : undefined,
            retryAfter: retryAfter(response.headers.get("retry-after"), Date.now() + this.clockSkew),
        });
    }

    async #fetch(url, options) {
        const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeout)]);
        let response;
        try {
            response = await fetch(url, { ...options, signal });
        } catch (error) {
            if (this.hasEnded) throw error;
            throw new Failure(0);
        }
        const serverTime = Date.parse(response.headers.get("date") ?? "");
        // The header counts whole seconds, so a small difference says nothing.
        if (serverTime) this.clockSkew = Math.abs(serverTime - Date.now()) > 5_000 ? serverTime - Date.now() : 0;
        return response;
    }
}
