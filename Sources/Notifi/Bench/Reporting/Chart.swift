/// A picture of a report.
protocol Chart: Sendable {
    var title: String { get }
    var svg: String { get }
}
