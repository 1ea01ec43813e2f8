import Operations

@main
enum Main {
    static func main() async {
        await Daemon.run("notifi-router", settings: RouterSettings.all) { try await buildRouter($0) }
    }
}
