/** What an access request can be refused for: the draft's problem types that can happen here. */
export type RequestFault =
  | 'not_requestable'
  | 'expired_denial'
  | 'invalid_denial_binding'
  | 'duplicate_request'
  | 'unknown_task'
  | 'invalid_task_state';
