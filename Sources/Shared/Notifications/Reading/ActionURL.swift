internal import FoundationEssentials

/// Where a notification may lead: an absolute https or http URL with a host, or a path of the same site.
public enum ActionURL {
    /// Anything that a browser would read as another scheme, as another host (`//host`, `/\host`) or with characters
    /// that it drops before it looks (white space, control characters) is refused.
    public static func isAllowed(_ text: String) -> Bool {
        guard !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F || $0 == "\\" }) else {
            return false
        }
        // By bytes: a combining mark would make one character of a slash and itself, which `hasPrefix` takes for another.
        if text.utf8.first == UInt8(ascii: "/") {
            return !text.utf8.starts(with: "//".utf8) && URLComponents(string: text) != nil
        }
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), let host = url.host else {
            return false
        }
        return ["http", "https"].contains(scheme) && !host.isEmpty && url.user == nil && url.password == nil
    }
}
