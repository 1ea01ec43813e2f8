import Testing

@testable import API

@Suite struct IfNoneMatchTests {
    @Test(arguments: [
        "\"7\"", "W/\"7\"", "*", " \"7\" ", "\"6\", \"7\"", "\"6\",\"7\",\"8\"", "W/\"6\", W/\"7\"", "\"7\",", ",,\"7\"",
        "\t\"7\"",
    ])
    func matches(header: String) {
        #expect(UnreadRoute.matches(header, "\"7\""))
    }

    @Test(arguments: [
        "", "7", "\"77\"", "\"6\"", "\"7", "7\"", "w/\"7\"", "W/7", "\"7\"x", "\"\"", "\"6\", \"8\"", "**", "\"07\"", "'7'",
    ])
    func doesNot(header: String) {
        #expect(!UnreadRoute.matches(header, "\"7\""))
    }
}
