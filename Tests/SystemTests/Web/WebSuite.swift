import Testing

@testable import Harness

extension EndToEnd {
    /// The web client in a real browser. What needs the real API shares one installation with `Undisturbed`; the rest
    /// has an API that answers as the test wants it.
    @Suite
    enum Web {}
}
