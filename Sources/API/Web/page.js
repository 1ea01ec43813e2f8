// The page around the inbox: signing in by a link, signing out, and the count in the title.

import "./notifi-inbox.js";

const inbox = document.querySelector("notifi-inbox");
const signOut = document.querySelector("#sign-out");
const trouble = document.querySelector("#trouble");
const plainTitle = document.title;

/** The token of a sign-in link. It leaves the address bar and the history before anything else happens. */
function takeToken() {
    if (!location.hash.startsWith("#token=")) return null;
    const token = location.hash.slice("#token=".length);
    history.replaceState(null, "", location.pathname + location.search);
    return token;
}

async function signIn() {
    const token = takeToken();
    if (token === null) return;
    say("");
    try {
        await inbox.signIn(token);
    } catch (failure) {
        const isRefused = failure.status >= 400 && failure.status < 500 && failure.status !== 429;
        say(isRefused
            ? "This sign-in link doesn’t work. It may have expired."
            : "Signing in didn’t work. Open the link once more in a moment.");
    }
}

function say(text) {
    trouble.textContent = text;
    trouble.hidden = text === "";
}

signOut.addEventListener("click", async () => {
    say("");
    try {
        await inbox.signOut();
        inbox.focus();
    } catch {
        say("You are still signed in: Notifi can’t be reached.");
    }
});
inbox.addEventListener("notifi-session", ({ detail }) => { signOut.hidden = !detail.signedIn; });
inbox.addEventListener("notifi-count", ({ detail: { unread } }) => {
    document.title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${plainTitle}` : plainTitle;
});
window.addEventListener("hashchange", signIn);
signIn();
