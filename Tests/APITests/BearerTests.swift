import HTTPTypes
import Testing

@testable import API

@Suite struct BearerTests {
    private func bearer(_ value: String) -> String? {
        let fields: HTTPFields = [.authorization: value]
        return fields.bearer
    }

    @Test(arguments: ["Bearer abc", "bearer abc", "BEARER abc", "bEaReR abc"])
    func theSchemeHasNoCase(value: String) {
        #expect(self.bearer(value) == "abc")
    }

    @Test(arguments: ["a", "a.b-c_d~e+f/g==", "eyJhbGciOiJIUzI1NiJ9.e30.x"])
    func theTokenIsTakenAsItIs(token: String) {
        #expect(self.bearer("Bearer \(token)") == token)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "abc", "Basic abc", "Bearerabc", "Bearer:abc", "Bearer a b", "Bearer a, Bearer b",
        "Token abc", "Bearer\tabc", "NotBearer abc", "Bearer a b c",
    ])
    func anythingElseIsNone(value: String) {
        #expect(self.bearer(value) == nil)
    }

    @Test func noHeaderIsNone() {
        #expect(HTTPFields().bearer == nil)
    }
}
