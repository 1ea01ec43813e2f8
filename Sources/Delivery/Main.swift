import Operations

@main
enum Main {
    static func main() async {
        await Daemon.run("notifi-delivery", settings: DeliverySettings.all) { try await buildDelivery($0) }
    }
}
