// The shapes of answers, written down a second time so that a renamed member is noticed.

/// A problem document.
struct ProblemReply: Decodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let field: String?
    let requestId: String
}

/// `POST /v1/contacts`.
struct ContactReply: Decodable {
    let id: String
    let position: Int64
}

/// `POST /v1/consents`.
struct ConsentReply: Decodable {
    let id: String
    let contactId: String
    let position: Int64
}

/// `POST /v1/opt-outs`.
struct AcknowledgementReply: Decodable {
    let id: String
    let status: String
    let requestedAt: String
    let deadlineAt: String
    let position: Int64
}

/// `GET /v1/opt-outs/{id}`.
struct OptOutReply: Decodable {
    let id: String
    let contactId: String
    let scope: String
    let status: String
    let source: String
    let requestedAt: String
    let processedAt: String?
    let processingMs: Int64?
    let deadlineAt: String
    let regime: String
    let targets: [Target]
    let timeline: [Entry]

    struct Target: Decodable {
        let connector: String
        let state: String
        let attempts: Int
        let nextAttemptAt: String?
        let confirmedAt: String?
        let answer: String?
    }

    struct Entry: Decodable {
        let position: Int64
        let at: String
        let kind: String
    }
}

/// What goes into a message.
struct UnsubscribeReply: Decodable {
    let url: String
    let listUnsubscribe: String
    let listUnsubscribePost: String
}

/// `POST /v1/sends/check` for one person.
struct CheckReply: Decodable {
    let allowed: Bool
    let reason: String
    let optOutStatus: String?
    let position: Int64
    let validUntil: String
    let evidence: Evidence
    let unsubscribe: UnsubscribeReply?

    struct Evidence: Decodable {
        let contactId: String?
        let recordId: String?
        let optOutId: String?
    }
}

/// `POST /v1/sends/check` for many recipients.
struct BatchReply: Decodable {
    let decisions: [Decision]
    let counts: [String: Int]
    let position: Int64
    let validUntil: String

    struct Decision: Decodable {
        let recipient: String
        let allowed: Bool
        let reason: String
        let optOutStatus: String?
        let invalid: String?
        let unsubscribe: UnsubscribeReply?
    }
}

/// `/healthz` and `/readyz`.
struct HealthReply: Decodable {
    let status: String
    let position: Int64?
    let log: Log?

    struct Log: Decodable {
        let size: Int
        let signedAt: String?
        let unsequenced: Int
        let verifiedAt: String?
        let findings: Int?
    }
}

/// `GET /v1/log/proof` as JSON.
struct ProofReply: Decodable {
    let event: String
    let index: Int
    let size: Int
    let leafHash: String
    let path: [String]
    let checkpoint: String
}
