import HTTPTypes
import Testing

@testable import API

@Suite struct KnownPathsTests {
    private let paths = KnownPaths([
        ("/", .get), ("/api/things", .post), ("/api/things", .get), ("/api/things/unread", .get),
        ("/api/things/:id", .delete), ("/api/things/{id}/read", .patch),
    ])

    @Test(
        arguments: [
            ("/", [.get]), ("/api/things", [.get, .post]), ("/api/things/", [.get, .post]),
            ("/api/things/12", [.delete]),
            ("/api/things/unread", [.get]), ("/api/things/12/read", [.patch]),
        ] as [(String, [HTTPRequest.Method])])
    func known(_ path: String, _ methods: [HTTPRequest.Method]) {
        #expect(self.paths.methods(at: path) == methods)
    }

    @Test(arguments: ["/api", "/api/thing", "/api/things/12/write", "/api/things/12/read/x", "/x", "/API/things"])
    func unknown(_ path: String) {
        #expect(self.paths.methods(at: path).isEmpty)
    }
}
