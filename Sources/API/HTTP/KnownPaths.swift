import HTTPTypes
import Hummingbird

/// Which methods each path takes: tells a wrong method from a wrong path. Pure.
struct KnownPaths: Sendable {
    private let routes: [(segments: [Substring], method: HTTPRequest.Method)]

    /// - Parameter routes: paths with `:name` or `{name}` for what varies.
    init(_ routes: some Sequence<(path: String, method: HTTPRequest.Method)>) {
        self.routes = routes.map { (Self.segments($0.path), $0.method) }
    }

    /// - Returns: the methods that this path takes, in the order of their names; none where nothing is at it.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let asked = Self.segments(path)
        let matching = self.routes.filter { route in
            route.segments.count == asked.count
                && zip(route.segments, asked).allSatisfy { Self.isVariable($0) || $0 == $1 }
        }
        // As the router does, which takes what is named before what varies, and then knows no other.
        let variables = matching.map { $0.segments.filter(Self.isVariable).count }
        let methods = zip(matching, variables).filter { $1 == variables.min() }.map(\.0.method)
        return Set(methods).sorted { $0.rawValue < $1.rawValue }
    }

    /// As Hummingbird's router reads a path, which ignores slashes at its ends.
    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

    private static func isVariable(_ segment: Substring) -> Bool { segment.hasPrefix(":") || segment.hasPrefix("{") }
}
