import { OperationCall } from "@muster/core/slots";

/** A call as its requests know it. */
export class QueueCall extends OperationCall {
  /** Something that changes what is stored may have left. */
  hasSent = false;
}
