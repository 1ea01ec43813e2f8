// Making elements. Data becomes text nodes and attributes, never markup.

const vector = "http://www.w3.org/2000/svg";

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | undefined>} [attributes] `true` is an attribute without value; `false`
 *   and `undefined` are left out.
 * @param {...(Node | string)} children strings become text
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
}

/** The lines of each icon: its box, then class and path of each line. */
const icons = {
    bell: [24, ["line", "M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7zM10 20.5h4"]],
    check: [16, ["line", "m3 8.5 3.3 3.3L13 5"]],
    unread: [16, ["line", "M2.5 4.5h11v8h-11zM2.5 5l5.5 4 5.5-4"]],
    archive: [16, ["line", "M2.5 3.5h11v3h-11zM3.5 6.5v6h9v-6M6.5 9h3"]],
    restore: [16, ["line", "M6 3.5 3 6.5l3 3M3 6.5h6.5a3 3 0 0 1 0 6H7"]],
    out: [16, ["line", "M5.5 4H12v6.5M12 4l-8 8"]],
    clock: [16, ["line", "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.2l2 1.3"]],
    cloud: [16, ["line", "M4.5 12.5a3 3 0 0 1-.3-6 4 4 0 0 1 7.7-.5 3.3 3.3 0 0 1-.4 6.5zM2.5 2.5l11 11"]],
    close: [16, ["line", "m4 4 8 8M12 4l-8 8"]],
    back: [16, ["line", "M7 3.5 2.5 8 7 12.5M3 8h10.5"]],
    sliders: [16, ["line", "M2.5 5h5M10.5 5h3M2.5 11h3M8.5 11h5M9 3.2v3.6M7 9.2v3.6"]],
    critical: [24, ["solid", "M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z"], ["cut", "M12 7v6.2M12 16.8v.1"]],
    high: [24, ["solid", "M12 3.5 22 20.5H2z"], ["cut", "M12 9.8v4.4M12 17.3v.1"]],
    normal: [24, ["solid", "M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z"]],
    low: [24, ["line", "M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6z"]],
    tray: [120,
        ["fill", "M14 66 28 28a8 8 0 0 1 7.5-5h49a8 8 0 0 1 7.5 5l14 38v24a8 8 0 0 1-8 8H22a8 8 0 0 1-8-8z"],
        ["line", "M14 66 28 28a8 8 0 0 1 7.5-5h49a8 8 0 0 1 7.5 5l14 38v24a8 8 0 0 1-8 8H22a8 8 0 0 1-8-8z"],
        ["line", "M14 66h25l6 11h30l6-11h25"], ["accent", "m47 46 9 9 18-19"]],
    lock: [120,
        ["fill", "M43 54h34a9 9 0 0 1 9 9v24a9 9 0 0 1-9 9H43a9 9 0 0 1-9-9V63a9 9 0 0 1 9-9z"],
        ["line", "M43 54h34a9 9 0 0 1 9 9v24a9 9 0 0 1-9 9H43a9 9 0 0 1-9-9V63a9 9 0 0 1 9-9z"],
        ["line", "M44 54V40a16 16 0 0 1 32 0v14"], ["accent", "M60 70v10"]],
    storm: [120,
        ["fill", "M36 90a20 20 0 0 1-2-40 27 27 0 0 1 52-4 22 22 0 0 1-2 44z"],
        ["line", "M36 90a20 20 0 0 1-2-40 27 27 0 0 1 52-4 22 22 0 0 1-2 44z"], ["accent", "M60 56v14M60 79v1"]],
};

/**
 * Draws an icon. It says nothing to a screen reader; words beside it do.
 *
 * @param {keyof typeof icons} name
 * @param {string} [className]
 * @returns {SVGElement}
 */
export function icon(name, className = "icon") {
    const [size, ...lines] = icons[name];
    const drawing = document.createElementNS(vector, "svg");
    drawing.setAttribute("class", className);
    drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
    drawing.setAttribute("aria-hidden", "true");
    for (const [kind, path] of lines) {
        const line = document.createElementNS(vector, "path");
        line.setAttribute("class", kind);
        line.setAttribute("d", path);
        drawing.append(line);
    }
    return drawing;
}

/** Sets a text without touching the document where it stays the same. */
export function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

/** The same, and hides the element while there is nothing to say. */
export function showText(node, text) {
    node.hidden = text === "";
    setText(node, text);
}

/** Makes `nodes` the children of `parent`, moving as few as possible: a moved element loses the focus. */
export function place(parent, nodes) {
    const wanted = new Set(nodes);
    for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
    let at = parent.firstElementChild;
    for (const node of nodes) {
        if (node === at) at = at.nextElementSibling;
        else parent.insertBefore(node, at);
    }
}
