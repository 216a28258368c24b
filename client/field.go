package client

// Field is one of the fields of the update body, in the order in which the
// API's reference page lists them. That order is also the order of the keys in
// every body that taskbatch sends.
type Field uint8

// The fields of PUT /v1/accounts/tasks/{taskId}.
const (
	Title Field = iota
	AssigneeID
	ActivityID
	Description
	Type
	Status
	Priority
	AttachmentURLs
	Metadata
)

// Kind is the JSON type of a field's value.
type Kind uint8

// The kinds of fields.
const (
	Text   Kind = iota // a string
	List               // an array of strings, which are URLs
	Object             // an object
)

// FieldInfo is all that taskbatch knows of a field.
type FieldInfo struct {
	Name        string // in the API's JSON
	Kind        Kind
	Compared    bool     // an answer that shows another value is warned of
	IDKey       string   // the key of the answer that shows the identifier, for fields that take a value or an identifier
	ListKey     string   // the key of the answer that shows the list, in which nothing should stand twice
	Values      []string // those of the platform; an organisation can have its own
	Example     string   // a JSON value
	Description string   // for people, one line
}

var fields = [...]FieldInfo{
	Title: {Name: "title", Compared: true, Example: `"Check the contract, page 2"`,
		Description: "the task's title"},
	AssigneeID: {Name: "assigneeId", Compared: true, Example: `"USR-7"`,
		Description: "identifier of the user who has the task"},
	ActivityID: {Name: "activityId", Compared: true, Example: `"ACT-12"`,
		Description: "identifier of the activity that the task belongs to"},
	Description: {Name: "description", Compared: true, Example: `"Call back before Friday."`,
		Description: "longer text; may have several lines"},
	Type: {Name: "type", Compared: true, IDKey: "typeId", Example: `"FOLLOW_UP"`,
		Values:      []string{"FOLLOW_UP", "REVIEW", "APPROVAL", "CUSTOM"},
		Description: "identifier or value: FOLLOW_UP, REVIEW, APPROVAL, CUSTOM, or one of your organisation's own"},
	Status: {Name: "status", Compared: true, IDKey: "statusId", Example: `"IN_PROGRESS"`,
		Values:      []string{"PENDING", "IN_PROGRESS", "COMPLETED", "CANCELLED"},
		Description: "identifier or value: PENDING, IN_PROGRESS, COMPLETED, CANCELLED, or one of your organisation's own"},
	Priority: {Name: "priority", Compared: true, IDKey: "priorityId", Example: `"HIGH"`,
		Values:      []string{"LOW", "MEDIUM", "HIGH"},
		Description: "identifier or value: LOW, MEDIUM, HIGH, or one of your organisation's own"},
	AttachmentURLs: {Name: "attachmentUrls", Kind: List, ListKey: "attachments",
		Example:     `["https://example.com/a.pdf","https://example.com/b.pdf"]`,
		Description: "absolute http or https URLs, separated by | or a newline, or a JSON array"},
	Metadata: {Name: "metadata", Kind: Object, Example: `{"score":4.50}`,
		Description: "a JSON object; numbers keep their digits"},
}

// NumFields is the number of fields.
const NumFields = len(fields)

// Info describes the field; it must not be changed.
func (f Field) Info() *FieldInfo { return &fields[f] }

// String is the field's name in the API's JSON.
func (f Field) String() string { return fields[f].Name }

// Kind is the JSON type of the field's value.
func (f Field) Kind() Kind { return fields[f].Kind }

// FieldSet is a set of fields.
type FieldSet uint16

// Add returns the set with f in it.
func (s FieldSet) Add(f Field) FieldSet { return s | 1<<f }

// Has tells whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }
