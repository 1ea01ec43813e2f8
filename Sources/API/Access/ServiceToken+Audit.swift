import Operations
import Store

extension ServiceToken {
    /// As the audit names whoever asked with this token.
    var actor: AuditLine.Actor { .service(self.serviceName, token: self.id) }
}
