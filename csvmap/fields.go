package csvmap

import (
	"taskbatch/client"
)

// FieldInfo describes one column that an input can have.
type FieldInfo struct {
	Name        string   // as in the API's JSON, and in results files
	Type        string   // what its cells hold
	Aliases     []string // other names that a CSV header may use
	Example     string   // a CSV cell
	ExampleJSON string   // the same as a JSON value
	Description string
}

// Fields is the table of all fields: taskId first, then the nine fields of the
// body in the API's order, then the form of a column for one metadata key.
func Fields() []FieldInfo {
	return []FieldInfo{
		{"taskId", "task id", []string{"id"}, "TASK-1001", `"TASK-1001"`,
			"the task to update: 1 to 128 of A-Z a-z 0-9 . _ ~ -"},
		{"title", "text", nil, "Check the contract, page 2", `"Check the contract, page 2"`,
			"the task's title"},
		{"assigneeId", "text", nil, "USR-7", `"USR-7"`,
			"identifier of the user who has the task"},
		{"activityId", "text", nil, "ACT-12", `"ACT-12"`,
			"identifier of the activity that the task belongs to"},
		{"description", "text", nil, "Call back before Friday.", `"Call back before Friday."`,
			"longer text; may have several lines"},
		{"type", "text", nil, "FOLLOW_UP", `"FOLLOW_UP"`,
			"identifier or value: FOLLOW_UP, REVIEW, APPROVAL, CUSTOM, or one of your organisation's own"},
		{"status", "text", nil, "IN_PROGRESS", `"IN_PROGRESS"`,
			"identifier or value: PENDING, IN_PROGRESS, COMPLETED, CANCELLED, or one of your organisation's own"},
		{"priority", "text", nil, "HIGH", `"HIGH"`,
			"identifier or value: LOW, MEDIUM, HIGH, or one of your organisation's own"},
		{"attachmentUrls", "list of URLs", nil, "https://example.com/a.pdf|https://example.com/b.pdf",
			`["https://example.com/a.pdf","https://example.com/b.pdf"]`,
			"absolute http or https URLs, separated by | or a newline, or a JSON array"},
		{"metadata", "JSON object", nil, `{"score":4.50}`, `{"score":4.50}`,
			"a JSON object; numbers keep their digits"},
		{"metadata.KEY", "text", nil, "EU", `"EU"`,
			"CSV only: one key of metadata; dots nest; metadata.KEY:number, :boolean and :json give the other types"},
	}
}

// taskIDName and its alias are the only names of columns that are not fields
// of the body.
const (
	taskIDName  = "taskId"
	taskIDAlias = "id"
)

// fieldNames is every name that a column can have, for suggestions.
func fieldNames() []string {
	names := []string{taskIDName}
	for f := range client.Field(client.NumFields) {
		names = append(names, f.String())
	}
	return names
}
