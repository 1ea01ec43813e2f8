// Which addresses become links.

/**
 * The address of an action, if it is one that may be followed: https, http, or a path of this page's site. Whatever a
 * browser would run, what names a user, and a path that leads to another host after all, are none.
 *
 * @param {unknown} text
 * @returns {URL | null}
 */
export function actionURL(text) {
    if (typeof text !== "string" || !/^(https?:\/\/|\/)/i.test(text) || !URL.canParse(text, location.href)) return null;
    const url = new URL(text, location.href);
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    if (url.username !== "" || url.password !== "") return null;
    return text.startsWith("/") && url.origin !== location.origin ? null : url;
}

/** Whether following it leaves this page's site. */
export const leavesSite = (url) => url.origin !== location.origin;

/** Goes there; another site gets a tab of its own, and learns nothing of this one. */
export function follow(url) {
    if (leavesSite(url)) window.open(url.href, "_blank", "noopener,noreferrer");
    else location.assign(url.href);
}
