package client

// Field is one of the nine fields of the update body, in the order in which
// the API's reference page lists them. That order is also the order of the
// keys in every body that taskbatch sends.
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

// NumFields is the number of fields.
const NumFields = 9

var fieldNames = [NumFields]string{
	"title", "assigneeId", "activityId", "description", "type",
	"status", "priority", "attachmentUrls", "metadata",
}

// String is the field's name in the API's JSON.
func (f Field) String() string { return fieldNames[f] }

// FieldSet is a set of fields.
type FieldSet uint16

// Add returns the set with f in it.
func (s FieldSet) Add(f Field) FieldSet { return s | 1<<f }

// Has tells whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }
