/// Pieces of SVG that both charts are made of. Colours keep a contrast of 4.5 on white, and are not all that tells two
/// things apart.
enum Drawing {
    static let ink = "#1f2933"
    static let faint = "#9aa5b1"
    static let colours = ["#1d4ed8", "#b45309", "#047857", "#7c3aed"]

    static func page(width: Int, height: Int, title: String, _ body: [String]) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" role="img" \
        aria-label="\(self.escaped(title))" font-family="system-ui, sans-serif" font-size="13">
        <title>\(self.escaped(title))</title>
        <rect width="\(width)" height="\(height)" fill="#ffffff"/>
        \(body.joined(separator: "\n"))
        </svg>

        """
    }

    enum Anchor: String {
        case start, middle, end
    }

    static func text(
        _ text: String, x: Double, y: Double, _ anchor: Anchor = .start, weight: Int = 400, size: Double = 13
    ) -> String {
        """
        <text x="\(self.place(x))" y="\(self.place(y))" text-anchor="\(anchor.rawValue)" fill="\(self.ink)" \
        font-weight="\(weight)" font-size="\(self.place(size))">\(self.escaped(text))</text>
        """
    }

    static func rectangle(x: Double, y: Double, width: Double, height: Double, fill: String) -> String {
        """
        <rect x="\(self.place(x))" y="\(self.place(y))" width="\(self.place(max(0, width)))" \
        height="\(self.place(height))" fill="\(fill)"/>
        """
    }

    static func line(
        from: (x: Double, y: Double), to: (x: Double, y: Double), stroke: String, isDashed: Bool = false
    ) -> String {
        let dashes = isDashed ? #" stroke-dasharray="6 4""# : ""
        return """
            <line x1="\(self.place(from.x))" y1="\(self.place(from.y))" x2="\(self.place(to.x))" \
            y2="\(self.place(to.y))" stroke="\(stroke)"\(dashes)/>
            """
    }

    static func dot(_ place: (x: Double, y: Double), fill: String) -> String {
        #"<circle cx="\#(self.place(place.x))" cy="\#(self.place(place.y))" r="3.5" fill="\#(fill)"/>"#
    }

    /// Two places suffice, and keep the file the same on every machine.
    static func place(_ value: Double) -> String { MarkdownReport.digits((value * 10).rounded() / 10) }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
