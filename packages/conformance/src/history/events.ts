/** What a history consists of: what publishers, the broker and receivers did, in the order in which it was seen. */

/** A publisher hands a message to the broker. Messages with the same `batch` go in one call, in this order. */
export interface PublishEvent {
  readonly kind: "publish";
  readonly publisher: string;
  readonly batch: string;
  /** Unique in the history. */
  readonly message: string;
  readonly address: string;
}

/** The broker's answer for one message. `unknown`: it may have accepted it. No answer at all means the same. */
export interface AnswerEvent {
  readonly kind: "answer";
  readonly message: string;
  readonly outcome: "accepted" | "refused" | "unknown";
}

/**
 * An inbox begins or stops listening on an address: `adding` and `removing` when it is asked to, `live` and `gone` when
 * that has been done. An inbox that is closed is `removing` and then `gone`.
 */
export interface ListenEvent {
  readonly kind: "listen";
  readonly inbox: string;
  readonly address: string;
  readonly state: "adding" | "live" | "removing" | "gone";
}

/** A message comes out of an inbox, with the address that stands on the delivery. */
export interface ReceiveEvent {
  readonly kind: "receive";
  readonly inbox: string;
  readonly message: string;
  readonly address: string;
}

/** The receiver's acknowledgement has been accepted. */
export interface AcknowledgeEvent {
  readonly kind: "acknowledge";
  readonly inbox: string;
  readonly message: string;
}

/** Something outside goes wrong, or is well again: a line is cut, a server restarts. Faults may overlap. */
export interface FaultEvent {
  readonly kind: "fault";
  readonly fault: string;
  readonly state: "begins" | "ends";
}

export type HistoryEvent = PublishEvent | AnswerEvent | ListenEvent | ReceiveEvent | AcknowledgeEvent | FaultEvent;
