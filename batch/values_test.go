package batch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskbatch/client"
)

func surveyOf(t *testing.T, input string) *Survey {
	t.Helper()
	b := newBench(t, input)
	b.cfg.Survey.Full = true
	p, err := b.prepare("in.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Survey()
}

// The values of a field are shown with their counts; those that the platform
// does not know are told, with the one that may be meant.
func TestValues(t *testing.T) {
	s := surveyOf(t, "taskId,title,status,priority\na,x,Pending,HIGH\nb,x,PENDING,HIGH\nc,y,PENDING,\nd,z,Opne,STATUS-0123456789\n,q,invalid,LOW\n")
	want := FieldValues{Different: 3, Values: []ValueCount{
		{Value: "PENDING", Rows: 2}, {Value: "Pending", Rows: 1, Foreign: true, Nearest: "PENDING"}, {Value: "Opne", Rows: 1, Foreign: true}}}
	if diff := cmp.Diff(want, s.Values[client.Status]); diff != "" {
		t.Errorf("status: %s", diff)
	}
	want = FieldValues{Different: 2, Values: []ValueCount{{Value: "HIGH", Rows: 2}, {Value: "STATUS-0123456789", Rows: 1}}}
	if diff := cmp.Diff(want, s.Values[client.Priority]); diff != "" {
		t.Errorf("priority: %s", diff)
	}
	json, err := s.Values.MarshalJSON()
	if err != nil || !strings.Contains(string(json), `"title":{"different":3,"more":false,"values":[{"value":"x","rows":2,"foreign":false,"nearest":""}`) || strings.Contains(string(json), "metadata") {
		t.Errorf("%v %s", err, json)
	}
}

// Many values are only counted, and very many only up to a bound.
func TestManyValues(t *testing.T) {
	for _, tt := range []struct {
		rows, shown int
		different   int64
		more        bool
	}{{20, 20, 20, false}, {21, 0, 21, false}, {1000, 0, 1000, false}, {1001, 0, 1000, true}} {
		var b strings.Builder
		b.WriteString("taskId,title\n")
		for i := range tt.rows {
			fmt.Fprintf(&b, "t%d,title %d\n", i, i)
		}
		got := surveyOf(t, b.String()).Values[client.Title]
		if len(got.Values) != tt.shown || got.Different != tt.different || got.More != tt.more {
			t.Errorf("%d rows: %d shown of %d, more %v", tt.rows, len(got.Values), got.Different, got.More)
		}
	}
}
