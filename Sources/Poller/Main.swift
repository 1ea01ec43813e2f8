import Operations

@main
enum Main {
    static func main() async {
        await Daemon.run("notifi-poller", settings: PollerSettings.all) { try await buildPoller($0) }
    }
}
