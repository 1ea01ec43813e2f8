import NIOCore

/// The bytes of HTTP/1.1 requests, made before a load so that none are made during it.
enum RequestBytes {
    static func get(_ path: String, headers: [(String, String)] = []) -> ByteBuffer {
        self.request("GET", path, headers: headers, body: nil)
    }

    static func post(_ path: String, headers: [(String, String)] = [], json: String) -> ByteBuffer {
        self.request("POST", path, headers: headers + [("content-type", "application/json")], body: json)
    }

    private static func request(
        _ method: String, _ path: String, headers: [(String, String)], body: String?
    ) -> ByteBuffer {
        var text = "\(method) \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "content-length: \(body.utf8.count)\r\n" }
        return ByteBuffer(string: text + "\r\n" + (body ?? ""))
    }
}
