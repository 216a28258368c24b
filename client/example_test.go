package client_test

import (
	"context"
	"fmt"

	"taskbatch/client"
	"taskbatch/client/sandbox"
)

func Example() {
	box, err := sandbox.New(sandbox.Config{Known: map[string]struct{}{"T-1": {}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := box.Start("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	c, err := client.New(client.Config{BaseURL: server.URL(), Key: "my-key"})
	if err != nil {
		fmt.Println(err)
		return
	}

	var u client.Update
	u.SetText(client.Status, []byte("COMPLETED"))
	sender := c.Sender() // one for each worker
	defer sender.Close()
	for _, task := range []string{"T-1", "T-2"} {
		reply := sender.Put(context.Background(), task, u.Body())
		fmt.Printf("%s %v: %d %q\n", task, reply.Verdict, reply.Status, reply.Message)
	}
	// Output:
	// T-1 applied: 200 ""
	// T-2 refused: 404 "Account task not found"
}
